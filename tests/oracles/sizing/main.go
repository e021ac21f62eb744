// Prints what Kubernetes makes of pods and of memory pressure: each pod is defaulted by the API
// server's code and then asked about with the scheduler's and the kubelet's, and groups of pods
// are ranked for eviction.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	resourcehelper "k8s.io/component-helpers/resource"
	statsapi "k8s.io/kubelet/pkg/apis/stats/v1alpha1"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	v1resource "k8s.io/kubernetes/pkg/api/v1/resource"
	"k8s.io/kubernetes/pkg/apis/core"
	coreqos "k8s.io/kubernetes/pkg/apis/core/helper/qos"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/apis/core/v1/helper/qos"
	schedulingv1 "k8s.io/kubernetes/pkg/apis/scheduling/v1"
	kubeletqos "k8s.io/kubernetes/pkg/kubelet/qos"
	kubelettypes "k8s.io/kubernetes/pkg/kubelet/types"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

type podCase struct {
	Spec v1.PodSpec `json:"spec"`
	// Bytes of memory that the node has.
	Capacity int64 `json:"capacity"`
	// Where the pod comes from: "", "api", "file" or "mirror".
	Source string `json:"source"`
}

type input struct {
	Pods []podCase `json:"pods"`
	// Groups of pods, each by its index, a colon and its working set in bytes: -1 for statistics
	// without one, nothing where there are no statistics.
	Pressure []string `json:"pressure"`
}

func main() {
	var in input
	if err := json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&in); err != nil {
		panic(err)
	}
	out := bufio.NewWriter(os.Stdout)
	pods := make([]*v1.Pod, len(in.Pods))
	for i, one := range in.Pods {
		pods[i] = one.created()
	}
	fmt.Fprintln(out, "{\"pods\": [")
	lines(out, len(pods), func(i int) any { return describe(pods[i], in.Pods[i].Capacity) })
	fmt.Fprintln(out, "], \"pressure\": [")
	lines(out, len(in.Pressure), func(i int) any {
		var group []*v1.Pod
		stats := map[types.UID]statsapi.PodStats{}
		for at, member := range strings.Fields(in.Pressure[i]) {
			index, usage, _ := strings.Cut(member, ":")
			pod := pods[number(index)].DeepCopy()
			pod.UID = types.UID(fmt.Sprint(at))
			group = append(group, pod)
			if usage != "" {
				stats[pod.UID] = used(number(usage))
			}
		}
		return ranked(group, stats)
	})
	fmt.Fprintln(out, "]}")
	if err := out.Flush(); err != nil {
		panic(err)
	}
}

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return value
}

// created is the pod as the API server stores it.
func (c podCase) created() *v1.Pod {
	pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "default", UID: "p"}, Spec: c.Spec}
	for prefix, containers := range map[string][]v1.Container{"i": pod.Spec.InitContainers, "c": pod.Spec.Containers} {
		for i := range containers {
			containers[i].Name = fmt.Sprint(prefix, i)
		}
	}
	switch c.Source {
	case "mirror":
		pod.Annotations = map[string]string{kubelettypes.ConfigMirrorAnnotationKey: "x"}
	case "":
	default:
		pod.Annotations = map[string]string{kubelettypes.ConfigSourceAnnotationKey: c.Source}
	}
	// What the admission plugin Priority does for the classes that every cluster has.
	for _, class := range schedulingv1.SystemPriorityClasses() {
		if pod.Spec.Priority == nil && class.Name == pod.Spec.PriorityClassName {
			pod.Spec.Priority = &class.Value
		}
	}
	legacyscheme.Scheme.Default(pod)
	var internal core.Pod
	if err := corev1.Convert_v1_Pod_To_core_Pod(pod, &internal, nil); err != nil {
		panic(err)
	}
	podutil.DefaultPodLevelResources(&internal)
	var stored v1.Pod
	if err := corev1.Convert_core_Pod_To_v1_Pod(&internal, &stored, nil); err != nil {
		panic(err)
	}
	// The class that the registry writes down is the one that the kubelet would reckon.
	stored.Status.QOSClass = v1.PodQOSClass(coreqos.ComputePodQOS(&internal))
	if stored.Status.QOSClass != qos.ComputePodQOS(&stored) {
		panic("two classes")
	}
	// What comes back from storage holds its quantities in another form.
	text, err := json.Marshal(stored)
	if err != nil {
		panic(err)
	}
	read := &v1.Pod{}
	if err := json.Unmarshal(text, read); err != nil {
		panic(err)
	}
	return read
}

type answer struct {
	QOS string `json:"qos"`
	// `spec.resources` as it is stored.
	PodRequests amounts `json:"podRequests,omitempty"`
	PodLimits   amounts `json:"podLimits,omitempty"`
	Requests    amounts `json:"requests,omitempty"`
	Limits      amounts `json:"limits,omitempty"`
	// Millicores and bytes on the node, and the same for scores.
	Node [4]int64 `json:"node"`
	// What the memory in use is held against, and the CPU in the same way.
	Eviction [2]string `json:"eviction"`
	Critical bool      `json:"critical,omitempty"`
	// Init containers first.
	OOM []int `json:"oom"`
}

type amounts map[string]string

func texts(list v1.ResourceList) amounts {
	result := amounts{}
	for name, quantity := range list {
		number, suffix := quantity.CanonicalizeBytes(nil)
		result[string(name)] = string(number) + string(suffix)
	}
	return result
}

// describe asks each function about a pod of its own: PodRequests adds overhead to the pod itself
// where a quantity is no 64-bit number.
func describe(stored *v1.Pod, capacity int64) answer {
	pod := stored.DeepCopy()
	result := answer{
		QOS:      string(qos.GetPodQOS(pod)),
		Requests: texts(resourcehelper.PodRequests(stored.DeepCopy(), resourcehelper.PodResourcesOptions{})),
		Limits:   texts(resourcehelper.PodLimits(stored.DeepCopy(), resourcehelper.PodResourcesOptions{})),
		Critical: kubelettypes.IsCriticalPod(pod),
	}
	if pod.Spec.Resources != nil {
		result.PodRequests = texts(pod.Spec.Resources.Requests)
		result.PodLimits = texts(pod.Spec.Resources.Limits)
	}
	info, err := framework.NewPodInfo(stored.DeepCopy())
	if err != nil {
		panic(err)
	}
	node := info.CalculateResource()
	result.Node = [4]int64{node.Resource.GetMilliCPU(), node.Resource.GetMemory(), node.Non0CPU, node.Non0Mem}
	for i, name := range []v1.ResourceName{v1.ResourceMemory, v1.ResourceCPU} {
		quantity := v1resource.GetResourceRequestQuantity(stored.DeepCopy(), name)
		number, suffix := quantity.CanonicalizeBytes(nil)
		result.Eviction[i] = string(number) + string(suffix)
	}
	for _, containers := range [][]v1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range containers {
			score := kubeletqos.GetContainerOOMScoreAdjust(pod, &containers[i], capacity)
			result.OOM = append(result.OOM, score)
		}
	}
	return result
}

func used(bytes int64) statsapi.PodStats {
	memory := &statsapi.MemoryStats{}
	if bytes >= 0 {
		working := uint64(bytes)
		memory.WorkingSetBytes = &working
	}
	return statsapi.PodStats{Memory: memory}
}

// ranked gives the order of eviction, with `=` between pods that neither goes before.
func ranked(pods []*v1.Pod, known map[types.UID]statsapi.PodStats) string {
	stats := func(pod *v1.Pod) (statsapi.PodStats, bool) {
		found, ok := known[pod.UID]
		return found, ok
	}
	rankMemoryPressure(pods, stats)
	var text strings.Builder
	for i, pod := range pods {
		if i > 0 {
			// Two are sorted without being moved where they are equal.
			before := pods[i-1]
			pair := []*v1.Pod{pod, before}
			rankMemoryPressure(pair, stats)
			if pair[0] == pod {
				text.WriteString("=")
			} else {
				text.WriteString(" ")
			}
		}
		text.WriteString(string(pod.UID))
	}
	return text.String()
}

// lines prints one answer a line, so that a change is seen where it is.
func lines(out *bufio.Writer, count int, at func(int) any) {
	for i := range count {
		text, err := json.Marshal(at(i))
		if err != nil {
			panic(err)
		}
		comma := ","
		if i == count-1 {
			comma = ""
		}
		fmt.Fprintf(out, "%s%s\n", text, comma)
	}
}

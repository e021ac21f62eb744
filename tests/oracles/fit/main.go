// Prints what kube-scheduler makes of pods and clusters: each pending pod of a cluster is stored
// by the API server's code and then run through the scheduling framework with its default
// plugins; it is put on the best node before the next one comes.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sort"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/klog/v2"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	podregistry "k8s.io/kubernetes/pkg/registry/core/pod"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	"k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/backend/queue"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
)

type cluster struct {
	Nodes       []*v1.Node                  `json:"nodes"`
	Running     []*v1.Pod                   `json:"running"`
	Pending     []pending                   `json:"pending"`
	Namespaces  []*v1.Namespace             `json:"namespaces"`
	Services    []*v1.Service               `json:"services"`
	ReplicaSets []*appsv1.ReplicaSet        `json:"replicaSets"`
	StatefulSet []*appsv1.StatefulSet       `json:"statefulSets"`
	Controllers []*v1.ReplicationController `json:"replicationControllers"`
}

// Equal pods that come one after another.
type pending struct {
	Pod    *v1.Pod `json:"pod"`
	Copies int     `json:"copies"`
}

type answer struct {
	// The message of a pod that fits nowhere.
	Message string `json:"message,omitempty"`
	// Why not, for each node in the order of the case; nil where it fits.
	Reasons [][]string `json:"reasons"`
	// The plugins that gave scores, and for each node that fits their weighted scores.
	Plugins []string  `json:"plugins,omitempty"`
	Scores  [][]int64 `json:"scores,omitempty"`
	// The first of the best nodes.
	Chosen string `json:"chosen,omitempty"`
}

func main() {
	klog.SetLogger(klog.Logger{})
	metrics.Register()
	var clusters []cluster
	if err := json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&clusters); err != nil {
		panic(err)
	}
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprintln(out, "[")
	for i := range clusters {
		line, err := json.Marshal(clusters[i].answers())
		if err != nil {
			panic(err)
		}
		comma := ","
		if i+1 == len(clusters) {
			comma = ""
		}
		fmt.Fprintf(out, "%s%s\n", line, comma)
	}
	fmt.Fprintln(out, "]")
	if err := out.Flush(); err != nil {
		panic(err)
	}
}

// The default profile without what looks at volumes, devices and other pods' lives.
func profile() *config.KubeSchedulerProfile {
	defaults, err := latest.Default()
	if err != nil {
		panic(err)
	}
	profile := &defaults.Profiles[0]
	left := sets.New(
		names.VolumeRestrictions, names.NodeVolumeLimits, names.VolumeBinding, names.VolumeZone,
		names.DynamicResources, names.DefaultPreemption,
	)
	enabled := &profile.Plugins.MultiPoint.Enabled
	*enabled = slices.DeleteFunc(*enabled, func(plugin config.Plugin) bool {
		return left.Has(plugin.Name)
	})
	return profile
}

// The pod as the API server stores it.
func stored(pod *v1.Pod, index int) *v1.Pod {
	pod.UID = types.UID(fmt.Sprint("uid-", index))
	legacyscheme.Scheme.Default(pod)
	var internal core.Pod
	if err := legacyscheme.Scheme.Convert(pod, &internal, nil); err != nil {
		panic(err)
	}
	podregistry.Strategy.PrepareForCreate(context.Background(), &internal)
	var result v1.Pod
	if err := legacyscheme.Scheme.Convert(&internal, &result, nil); err != nil {
		panic(err)
	}
	return &result
}

func (c *cluster) informers() informers.SharedInformerFactory {
	factory := informers.NewSharedInformerFactory(fake.NewClientset(), 0)
	core, apps := factory.Core().V1(), factory.Apps().V1()
	for _, one := range c.Namespaces {
		must(core.Namespaces().Informer().GetIndexer().Add(one))
	}
	for _, one := range c.Services {
		must(core.Services().Informer().GetIndexer().Add(one))
	}
	for _, one := range c.Controllers {
		must(core.ReplicationControllers().Informer().GetIndexer().Add(one))
	}
	for _, one := range c.ReplicaSets {
		must(apps.ReplicaSets().Informer().GetIndexer().Add(one))
	}
	for _, one := range c.StatefulSet {
		must(apps.StatefulSets().Informer().GetIndexer().Add(one))
	}
	return factory
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func (c *cluster) answers() []answer {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	logger := klog.FromContext(ctx)
	store := cache.New(ctx, nil, false, false)
	for _, node := range c.Nodes {
		store.AddNode(logger, node)
	}
	for i, pod := range c.Running {
		must(store.AddPod(logger, stored(pod, i)))
	}
	snapshot := cache.NewEmptySnapshot()
	factory := c.informers()
	scheduler, err := frameworkruntime.NewFramework(
		ctx, plugins.NewInTreeRegistry(), profile(),
		frameworkruntime.WithInformerFactory(factory),
		frameworkruntime.WithSnapshotSharedLister(snapshot),
		frameworkruntime.WithPodNominator(queue.NewSchedulingQueue(nil, factory)),
	)
	must(err)
	var all []answer
	var arriving []*v1.Pod
	for _, one := range c.Pending {
		for range one.Copies {
			arriving = append(arriving, one.Pod.DeepCopy())
		}
	}
	for i, pod := range arriving {
		pod = stored(pod, len(c.Running)+i)
		must(store.UpdateSnapshot(logger, snapshot))
		found := schedule(ctx, scheduler, snapshot, pod, c.Nodes)
		if found.Chosen != "" {
			pod.Spec.NodeName = found.Chosen
			must(store.AddPod(logger, pod))
		}
		all = append(all, found)
	}
	return all
}

// What findNodesThatFitPod and prioritizeNodes do, with every node looked at.
func schedule(ctx context.Context, scheduler framework.Framework, snapshot *cache.Snapshot, pod *v1.Pod, order []*v1.Node) answer {
	state := framework.NewCycleState()
	diagnosis := framework.Diagnosis{NodeToStatus: framework.NewDefaultNodeToStatus()}
	if len(pod.Spec.SchedulingGates) > 0 {
		return answer{Message: gated(pod)}
	}
	result, status, rejecting := scheduler.RunPreFilterPlugins(ctx, state, pod)
	if !status.IsSuccess() {
		if !status.IsRejected() {
			panic(status.AsError())
		}
		diagnosis.NodeToStatus.SetAbsentNodesStatus(status)
		diagnosis.PreFilterMsg = status.Message()
		failure := framework.FitError{Pod: pod, NumAllNodes: len(order), Diagnosis: diagnosis}
		return answer{Message: failure.Error()}
	}
	var found answer
	var fitting []fwk.NodeInfo
	if !result.AllNodes() {
		diagnosis.NodeToStatus.SetAbsentNodesStatus(fwk.NewStatus(
			fwk.UnschedulableAndUnresolvable,
			fmt.Sprintf("node(s) didn't satisfy plugin(s) %v", sets.List(rejecting)),
		))
	}
	for _, node := range order {
		if !result.AllNodes() && !result.NodeNames.Has(node.Name) {
			found.Reasons = append(found.Reasons, diagnosis.NodeToStatus.AbsentNodesStatus().Reasons())
			continue
		}
		info, err := snapshot.Get(node.Name)
		must(err)
		status := scheduler.RunFilterPluginsWithNominatedPods(ctx, state, pod, info)
		if status.IsSuccess() {
			fitting = append(fitting, info)
			found.Reasons = append(found.Reasons, nil)
			continue
		}
		if !status.IsRejected() {
			panic(status.AsError())
		}
		diagnosis.NodeToStatus.Set(node.Name, status)
		reasons := slices.Clone(status.Reasons())
		sort.Strings(reasons)
		found.Reasons = append(found.Reasons, reasons)
	}
	if len(fitting) == 0 {
		failure := framework.FitError{Pod: pod, NumAllNodes: len(order), Diagnosis: diagnosis}
		found.Message = failure.Error()
		return found
	}
	if status := scheduler.RunPreScorePlugins(ctx, state, pod, fitting); !status.IsSuccess() {
		panic(status.AsError())
	}
	scores, status := scheduler.RunScorePlugins(ctx, state, pod, fitting)
	if !status.IsSuccess() {
		panic(status.AsError())
	}
	best := int64(-1)
	for _, node := range scores {
		if found.Plugins == nil {
			for _, one := range node.Scores {
				found.Plugins = append(found.Plugins, one.Name)
			}
		}
		var row []int64
		var total int64
		for _, one := range node.Scores {
			row = append(row, one.Score)
			total += one.Score
		}
		if total != node.TotalScore {
			panic(errors.New("the total is not the sum"))
		}
		found.Scores = append(found.Scores, row)
		if total > best {
			best, found.Chosen = total, node.Name
		}
	}
	return found
}

// What the plugin SchedulingGates says before a pod enters the queue.
func gated(pod *v1.Pod) string {
	plugin, err := plugins.NewInTreeRegistry()[names.SchedulingGates](context.Background(), nil, nil)
	must(err)
	return plugin.(fwk.PreEnqueuePlugin).PreEnqueue(context.Background(), pod).Message()
}

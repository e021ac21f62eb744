// Prints what Kubernetes makes of workloads: decoded and defaulted by its own code, with the
// QoS class, the pod's requests, the effective security context of each container and the
// Deployment controller's rounding.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	resourcehelper "k8s.io/component-helpers/resource"
	"k8s.io/kubectl/pkg/util/qos"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
	"k8s.io/kubernetes/pkg/securitycontext"
)

type probe struct {
	Handler      string  `json:"handler"`
	Port         string  `json:"port,omitempty"`
	Path         *string `json:"path,omitempty"`
	Scheme       *string `json:"scheme,omitempty"`
	InitialDelay int32   `json:"initialDelay"`
	Period       int32   `json:"period"`
	Timeout      int32   `json:"timeout"`
	Failure      int32   `json:"failure"`
	Success      int32   `json:"success"`
}

type port struct {
	Name     string `json:"name,omitempty"`
	Number   int32  `json:"number"`
	Protocol string `json:"protocol"`
}

type container struct {
	Name         string            `json:"name,omitempty"`
	Role         string            `json:"role"`
	Image        string            `json:"image"`
	Command      []string          `json:"command,omitempty"`
	Args         []string          `json:"args,omitempty"`
	Ports        []port            `json:"ports,omitempty"`
	Env          []string          `json:"env,omitempty"`
	Requests     map[string]string `json:"requests,omitempty"`
	Limits       map[string]string `json:"limits,omitempty"`
	Startup      *probe            `json:"startup,omitempty"`
	Readiness    *probe            `json:"readiness,omitempty"`
	Liveness     *probe            `json:"liveness,omitempty"`
	RunAsNonRoot *bool             `json:"runAsNonRoot,omitempty"`
	RunAsUser    *int64            `json:"runAsUser,omitempty"`
	RunAsGroup   *int64            `json:"runAsGroup,omitempty"`
	Seccomp      *string           `json:"seccomp,omitempty"`
	Mounts       []string          `json:"mounts,omitempty"`
}

type strategy struct {
	Type           string `json:"type"`
	MaxSurge       string `json:"maxSurge,omitempty"`
	MaxUnavailable string `json:"maxUnavailable,omitempty"`
	Surge          *int32 `json:"surge,omitempty"`
	Unavailable    *int32 `json:"unavailable,omitempty"`
}

type answer struct {
	Error       bool              `json:"error,omitempty"`
	Kind        string            `json:"kind,omitempty"`
	Replicas    *int32            `json:"replicas,omitempty"`
	Strategy    *strategy         `json:"strategy,omitempty"`
	Selects     *bool             `json:"selects,omitempty"`
	Restart     string            `json:"restart,omitempty"`
	Grace       *int64            `json:"grace,omitempty"`
	Account     string            `json:"account,omitempty"`
	HostNetwork bool              `json:"hostNetwork,omitempty"`
	Containers  []container       `json:"containers,omitempty"`
	Volumes     map[string]string `json:"volumes,omitempty"`
	QOS         string            `json:"qos,omitempty"`
	Requests    map[string]string `json:"requests,omitempty"`
}

func amounts(list v1.ResourceList) map[string]string {
	result := map[string]string{}
	for name, quantity := range list {
		number, suffix := quantity.CanonicalizeBytes(nil)
		result[string(name)] = string(number) + string(suffix)
	}
	return result
}

func describeProbe(p *v1.Probe) *probe {
	if p == nil {
		return nil
	}
	result := &probe{
		InitialDelay: p.InitialDelaySeconds, Period: p.PeriodSeconds, Timeout: p.TimeoutSeconds,
		Failure: p.FailureThreshold, Success: p.SuccessThreshold,
	}
	switch {
	case p.Exec != nil:
		result.Handler = "exec"
	case p.HTTPGet != nil:
		scheme := string(p.HTTPGet.Scheme)
		result.Handler, result.Port = "httpGet", p.HTTPGet.Port.String()
		result.Path, result.Scheme = &p.HTTPGet.Path, &scheme
	case p.TCPSocket != nil:
		result.Handler, result.Port = "tcpSocket", p.TCPSocket.Port.String()
	case p.GRPC != nil:
		port := intstr.FromInt32(p.GRPC.Port)
		result.Handler, result.Port = "grpc", port.String()
	}
	return result
}

func describe(pod *v1.Pod, c *v1.Container, role string) container {
	context := securitycontext.DetermineEffectiveSecurityContext(pod, c)
	result := container{
		Name: c.Name, Role: role, Image: c.Image, Command: c.Command, Args: c.Args,
		Requests: amounts(c.Resources.Requests), Limits: amounts(c.Resources.Limits),
		Startup: describeProbe(c.StartupProbe), Readiness: describeProbe(c.ReadinessProbe),
		Liveness:     describeProbe(c.LivenessProbe),
		RunAsNonRoot: context.RunAsNonRoot, RunAsUser: context.RunAsUser,
		RunAsGroup: context.RunAsGroup,
	}
	// The helper leaves seccomp to the kubelet, which takes the container's, then the pod's.
	if c.SecurityContext != nil && c.SecurityContext.SeccompProfile != nil {
		kind := string(c.SecurityContext.SeccompProfile.Type)
		result.Seccomp = &kind
	} else if pod.Spec.SecurityContext != nil && pod.Spec.SecurityContext.SeccompProfile != nil {
		kind := string(pod.Spec.SecurityContext.SeccompProfile.Type)
		result.Seccomp = &kind
	}
	for _, p := range c.Ports {
		result.Ports = append(result.Ports, port{p.Name, p.ContainerPort, string(p.Protocol)})
	}
	for _, variable := range c.Env {
		result.Env = append(result.Env, variable.Name+"="+variable.Value)
	}
	for _, mount := range c.VolumeMounts {
		result.Mounts = append(result.Mounts, mount.Name+":"+mount.MountPath)
	}
	return result
}

func volumeKind(source v1.VolumeSource) string {
	value := reflect.ValueOf(source)
	for i := range value.NumField() {
		if !value.Field(i).IsNil() {
			return strings.Split(value.Type().Field(i).Tag.Get("json"), ",")[0]
		}
	}
	return ""
}

func (a *answer) pod(template *v1.PodTemplateSpec) {
	pod := &v1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
	legacyscheme.Scheme.Default(pod)
	spec := &pod.Spec
	a.Restart, a.Grace = string(spec.RestartPolicy), spec.TerminationGracePeriodSeconds
	a.Account, a.HostNetwork = spec.ServiceAccountName, spec.HostNetwork
	for i := range spec.InitContainers {
		role := "init"
		policy := spec.InitContainers[i].RestartPolicy
		if policy != nil && *policy == v1.ContainerRestartPolicyAlways {
			role = "sidecar"
		}
		a.Containers = append(a.Containers, describe(pod, &spec.InitContainers[i], role))
	}
	for i := range spec.Containers {
		a.Containers = append(a.Containers, describe(pod, &spec.Containers[i], "app"))
	}
	a.Volumes = map[string]string{}
	for _, volume := range spec.Volumes {
		a.Volumes[volume.Name] = volumeKind(volume.VolumeSource)
	}
	a.QOS = string(qos.ComputePodQOS(pod))
	a.Requests = amounts(resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{}))
}

func (a *answer) selector(selector *metav1.LabelSelector, template *v1.PodTemplateSpec) {
	if selector == nil {
		return
	}
	selects := false
	if parsed, err := metav1.LabelSelectorAsSelector(selector); err == nil {
		selects = parsed.Matches(labels.Set(template.Labels))
	}
	a.Selects = &selects
}

func bound(value *intstr.IntOrString) string {
	if value == nil {
		return ""
	}
	return value.String()
}

func answerFor(text string) answer {
	object, _, err := legacyscheme.Codecs.UniversalDeserializer().Decode([]byte(text), nil, nil)
	if err != nil {
		return answer{Error: true}
	}
	legacyscheme.Scheme.Default(object)
	result := answer{Kind: object.GetObjectKind().GroupVersionKind().Kind}
	switch o := object.(type) {
	case *v1.Pod:
		result.pod(&v1.PodTemplateSpec{ObjectMeta: o.ObjectMeta, Spec: o.Spec})
	case *appsv1.Deployment:
		result.Replicas = o.Spec.Replicas
		s := &strategy{Type: string(o.Spec.Strategy.Type)}
		if r := o.Spec.Strategy.RollingUpdate; r != nil {
			s.MaxSurge, s.MaxUnavailable = bound(r.MaxSurge), bound(r.MaxUnavailable)
			surge, unavailable, err := deploymentutil.ResolveFenceposts(
				r.MaxSurge, r.MaxUnavailable, *o.Spec.Replicas)
			if err == nil {
				s.Surge, s.Unavailable = &surge, &unavailable
			}
		}
		result.Strategy = s
		result.selector(o.Spec.Selector, &o.Spec.Template)
		result.pod(&o.Spec.Template)
	case *appsv1.StatefulSet:
		result.Replicas = o.Spec.Replicas
		s := &strategy{Type: string(o.Spec.UpdateStrategy.Type)}
		if r := o.Spec.UpdateStrategy.RollingUpdate; r != nil {
			s.MaxUnavailable = bound(r.MaxUnavailable)
		}
		result.Strategy = s
		result.selector(o.Spec.Selector, &o.Spec.Template)
		result.pod(&o.Spec.Template)
	case *appsv1.DaemonSet:
		s := &strategy{Type: string(o.Spec.UpdateStrategy.Type)}
		if r := o.Spec.UpdateStrategy.RollingUpdate; r != nil {
			s.MaxSurge, s.MaxUnavailable = bound(r.MaxSurge), bound(r.MaxUnavailable)
		}
		result.Strategy = s
		result.selector(o.Spec.Selector, &o.Spec.Template)
		result.pod(&o.Spec.Template)
	case *appsv1.ReplicaSet:
		result.Replicas = o.Spec.Replicas
		result.selector(o.Spec.Selector, &o.Spec.Template)
		result.pod(&o.Spec.Template)
	case *v1.ReplicationController:
		result.Replicas = o.Spec.Replicas
		if o.Spec.Template == nil {
			return answer{Error: true}
		}
		// Its selector is a plain map, and its own labels where it is left out.
		selects := labels.Set(o.Spec.Selector).AsSelectorPreValidated().
			Matches(labels.Set(o.Spec.Template.Labels))
		result.Selects = &selects
		result.pod(o.Spec.Template)
	case *batchv1.Job:
		result.pod(&o.Spec.Template)
	case *batchv1.CronJob:
		result.pod(&o.Spec.JobTemplate.Spec.Template)
	case *v1.PodTemplate:
		result.pod(&o.Template)
	}
	return result
}

func main() {
	// With the gate on, the pod's own requests are filled in later, in the registry, by the
	// same function.
	gate := utilfeature.DefaultMutableFeatureGate
	if err := gate.Set("PodLevelResourcesFixDefaulting=false"); err != nil {
		panic(err)
	}
	var cases []string
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	answers := []answer{}
	for _, text := range cases {
		answers = append(answers, answerFor(text))
	}
	// One answer a line, so that a change is seen where it is.
	for i, each := range answers {
		line, err := json.Marshal(each)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s%s", map[bool]string{true: "[\n", false: ",\n"}[i == 0], line)
	}
	fmt.Println("\n]")
}

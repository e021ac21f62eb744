package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
)

// A pod is written as `PHASE,DELETED,START,READY,SINCE;CONTAINERS;SIDECARS;INITS;POD;OVERHEAD`,
// requests with commas between them and `-` for none, times in milliseconds before now.
type pod string

// A sample is written as `POD,VALUE,AGE,WINDOW`, times in milliseconds.
type sample string

type calculation struct {
	Function  string   `json:"function"`
	Current   int32    `json:"current"`
	Status    int32    `json:"status"`
	Target    int64    `json:"target"`
	Down      float64  `json:"down"`
	Up        float64  `json:"up"`
	Resource  string   `json:"resource"`
	Container string   `json:"container"`
	Init      int64    `json:"init"`
	Delay     int64    `json:"delay"`
	Pods      []pod    `json:"pods"`
	Samples   []sample `json:"samples"`
	Series    []int64  `json:"series"`
	Error     string   `json:"error"`
}

func ago(millis int64) time.Time { return time.Now().Add(-time.Duration(millis) * time.Millisecond) }

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func amounts(name, text string) core.ResourceList {
	if text == "" || text == "-" {
		return nil
	}
	return core.ResourceList{core.ResourceName(name): resource.MustParse(text)}
}

func (p pod) object(index int, kind string) *core.Pod {
	parts := strings.Split(string(p), ";")
	state := strings.Split(parts[0], ",")
	object := &core.Pod{}
	object.Name = fmt.Sprintf("p%d", index)
	object.Namespace = "demo"
	object.Labels = map[string]string{"app": "web"}
	object.Status.Phase = core.PodPhase(state[0])
	if state[1] == "1" {
		object.DeletionTimestamp = &meta.Time{Time: time.Now()}
	}
	if state[2] != "" {
		object.Status.StartTime = &meta.Time{Time: ago(number(state[2]))}
	}
	if state[3] != "" {
		object.Status.Conditions = []core.PodCondition{{
			Type:               core.PodReady,
			Status:             core.ConditionStatus(state[3]),
			LastTransitionTime: meta.Time{Time: ago(number(state[4]))},
		}}
	}
	always := core.ContainerRestartPolicyAlways
	add := func(prefix, texts string, restart *core.ContainerRestartPolicy) (list []core.Container) {
		if texts == "" {
			return nil
		}
		for i, text := range strings.Split(texts, ",") {
			one := core.Container{Name: fmt.Sprintf("%s%d", prefix, i), RestartPolicy: restart}
			one.Resources.Requests = amounts(kind, text)
			list = append(list, one)
		}
		return list
	}
	object.Spec.Containers = add("c", parts[1], nil)
	object.Spec.InitContainers = append(add("s", parts[2], &always), add("i", parts[3], nil)...)
	if parts[4] != "" {
		object.Spec.Resources = &core.ResourceRequirements{Requests: amounts(kind, parts[4])}
	}
	object.Spec.Overhead = amounts(kind, parts[5])
	return object
}

// fixed is a metrics client that knows one answer.
type fixed struct{ calculation }

func (f fixed) samples() (metrics.PodMetricsInfo, time.Time, error) {
	if f.Error != "" {
		return nil, time.Time{}, errors.New(f.Error)
	}
	info := metrics.PodMetricsInfo{}
	for _, one := range f.Samples {
		parts := strings.Split(string(one), ",")
		info[parts[0]] = metrics.PodMetric{
			Value:     number(parts[1]),
			Timestamp: ago(number(parts[2])),
			Window:    time.Duration(number(parts[3])) * time.Millisecond,
		}
	}
	return info, time.Now(), nil
}

func (f fixed) GetResourceMetric(context.Context, core.ResourceName, string, labels.Selector, string) (metrics.PodMetricsInfo, time.Time, error) {
	return f.samples()
}

func (f fixed) GetRawMetric(string, string, labels.Selector, labels.Selector) (metrics.PodMetricsInfo, time.Time, error) {
	return f.samples()
}

func (f fixed) GetObjectMetric(string, string, *autoscaling.CrossVersionObjectReference, labels.Selector) (int64, time.Time, error) {
	if f.Error != "" {
		return 0, time.Time{}, errors.New(f.Error)
	}
	return f.Series[0], time.Now(), nil
}

func (f fixed) GetExternalMetric(string, string, labels.Selector) ([]int64, time.Time, error) {
	if f.Error != "" {
		return nil, time.Time{}, errors.New(f.Error)
	}
	return f.Series, time.Now(), nil
}

func (c calculation) answer() any {
	indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	for i, one := range c.Pods {
		if err := indexer.Add(one.object(i, c.Resource)); err != nil {
			panic(err)
		}
	}
	milli := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	calc := podautoscaler.NewReplicaCalculator(fixed{c}, corelisters.NewPodLister(indexer), milli(c.Init), milli(c.Delay))
	tol := tolerances(c.Down, c.Up)
	all := labels.Everything()
	kind := core.ResourceName(c.Resource)
	ref := &autoscaling.CrossVersionObjectReference{Kind: "Ingress", Name: "main"}
	var replicas, percent int32
	var usage int64
	var err error
	switch c.Function {
	case "utilization":
		replicas, percent, usage, _, err = calc.GetResourceReplicas(context.TODO(), c.Current, int32(c.Target), kind, tol, "demo", all, c.Container)
	case "raw":
		replicas, usage, _, err = calc.GetRawResourceReplicas(context.TODO(), c.Current, c.Target, kind, tol, "demo", all, c.Container)
	case "pods":
		replicas, usage, _, err = calc.GetMetricReplicas(c.Current, c.Target, "qps", tol, "demo", all, all)
	case "object":
		replicas, usage, _, err = calc.GetObjectMetricReplicas(c.Current, c.Target, "qps", tol, "demo", ref, all, all)
	case "objectPerPod":
		replicas, usage, _, err = calc.GetObjectPerPodMetricReplicas(c.Status, c.Target, "qps", tol, "demo", ref, all)
	case "external":
		replicas, usage, _, err = calc.GetExternalMetricReplicas(c.Current, c.Target, "qps", tol, "demo", nil, all)
	case "externalPerPod":
		replicas, usage, _, err = calc.GetExternalPerPodMetricReplicas(c.Status, c.Target, "qps", tol, "demo", nil)
	default:
		panic(c.Function)
	}
	if err != nil {
		return nameless(err.Error())
	}
	return []int64{int64(replicas), int64(percent), usage}
}

func float(text string) any {
	quantity, err := resource.ParseQuantity(text)
	if err != nil {
		return nil
	}
	return strconv.FormatFloat(quantity.AsApproximateFloat64(), 'g', -1, 64)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"testing"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	autoscalingclient "k8s.io/client-go/kubernetes/typed/autoscaling/v2"
	"k8s.io/client-go/scale"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
	"k8s.io/kubernetes/pkg/controller/util/selectors"
	custom "k8s.io/metrics/pkg/apis/custom_metrics/v1beta2"
	external "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
	usage "k8s.io/metrics/pkg/apis/metrics/v1beta1"
	usageclient "k8s.io/metrics/pkg/client/clientset/versioned/typed/metrics/v1beta1"
	customclient "k8s.io/metrics/pkg/client/custom_metrics"
	externalclient "k8s.io/metrics/pkg/client/external_metrics"
)

// The world of a replay is made of its seed; the test in crates/hpa makes the same one.

// dice is splitmix64.
type dice struct{ state uint64 }

func (d *dice) next() uint64 {
	d.state += 0x9E3779B97F4A7C15
	z := d.state
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return z ^ (z >> 31)
}

func (d *dice) below(n int64) int64 { return int64(d.next() % uint64(n)) }

func (d *dice) chance(perMille int64) bool { return d.below(1000) < perMille }

func pick[T any](d *dice, of ...T) T { return of[d.below(int64(len(of)))] }

type member struct {
	id         int64
	created    int64
	startDelay int64
	readyDelay int64
	phase      core.PodPhase
	ready      bool
	since      int64
	deleted    bool
	gone       int
	// What its next samples say, in thousandths; absent where negative.
	cpu, sidecar, memory, rps int64
	age, window               int64
}

type world struct {
	dice
	hpa      *autoscaling.HorizontalPodAutoscaler
	replicas int32
	members  []*member
	nextID   int64
	load     int64
	request  string
	// Of this step.
	begun    time.Time
	now      int64
	apiError string
	nothing  bool
	getError string
	putError string
	selector string
	object   int64
	series   []int64
}

const key = "demo/web"

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

func (w *world) rules(up bool) *autoscaling.HPAScalingRules {
	r := rules{Select: pick(&w.dice, "Max", "Max", "Max", "Min", "Min", "Disabled")}
	window := int32(pick[int64](&w.dice, -1, 0, 0, 30, 60, 300, 600))
	if up && window < 0 {
		window = 0
	}
	if window >= 0 {
		r.Window = &window
	}
	for range 1 + w.below(3) {
		one := policy{Type: pick(&w.dice, "Pods", "Percent")}
		if one.Type == "Pods" {
			one.Value = int32(1 + w.below(8))
		} else {
			one.Value = int32(pick[int64](&w.dice, 5, 10, 25, 50, 100, 200))
		}
		one.Period = int32(pick[int64](&w.dice, 15, 30, 60, 120, 300, 600))
		r.Policies = append(r.Policies, one)
	}
	r.Tolerance = pick(&w.dice, "", "", "", "0", "50m", "0.15", "0.2")
	return r.object()
}

func value(kind autoscaling.MetricTargetType, text string) autoscaling.MetricTarget {
	quantity := resource.MustParse(text)
	if kind == autoscaling.ValueMetricType {
		return autoscaling.MetricTarget{Type: kind, Value: &quantity}
	}
	return autoscaling.MetricTarget{Type: kind, AverageValue: &quantity}
}

func (w *world) metric() autoscaling.MetricSpec {
	percent := func(of ...int32) autoscaling.MetricTarget {
		p := pick(&w.dice, of...)
		return autoscaling.MetricTarget{Type: autoscaling.UtilizationMetricType, AverageUtilization: &p}
	}
	kind := func() autoscaling.MetricTargetType {
		return pick(&w.dice, autoscaling.ValueMetricType, autoscaling.AverageValueMetricType)
	}
	switch w.below(9) {
	case 0, 1, 2:
		return autoscaling.MetricSpec{Type: autoscaling.ResourceMetricSourceType,
			Resource: &autoscaling.ResourceMetricSource{Name: "cpu", Target: percent(50, 60, 70, 80, 120)}}
	case 3:
		return autoscaling.MetricSpec{Type: autoscaling.ResourceMetricSourceType,
			Resource: &autoscaling.ResourceMetricSource{Name: "memory", Target: value(autoscaling.AverageValueMetricType, pick(&w.dice, "200Mi", "300Mi", "512M"))}}
	case 4:
		return autoscaling.MetricSpec{Type: autoscaling.ContainerResourceMetricSourceType,
			ContainerResource: &autoscaling.ContainerResourceMetricSource{Name: "cpu", Container: pick(&w.dice, "app", "app", "app", "lost"), Target: percent(50, 75)}}
	case 5:
		return autoscaling.MetricSpec{Type: autoscaling.PodsMetricSourceType,
			Pods: &autoscaling.PodsMetricSource{Metric: autoscaling.MetricIdentifier{Name: "rps"}, Target: value(autoscaling.AverageValueMetricType, pick(&w.dice, "10", "2500m", "40"))}}
	case 6:
		return autoscaling.MetricSpec{Type: autoscaling.ObjectMetricSourceType,
			Object: &autoscaling.ObjectMetricSource{
				DescribedObject: autoscaling.CrossVersionObjectReference{APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Name: "main"},
				Metric:          autoscaling.MetricIdentifier{Name: "hits"}, Target: value(kind(), pick(&w.dice, "100", "20", "1500m"))}}
	case 7:
		return autoscaling.MetricSpec{Type: autoscaling.ExternalMetricSourceType,
			External: &autoscaling.ExternalMetricSource{
				Metric: autoscaling.MetricIdentifier{Name: "queue", Selector: &meta.LabelSelector{
					MatchLabels:      map[string]string{"shop": "one", "area": "eu"},
					MatchExpressions: []meta.LabelSelectorRequirement{{Key: "lane", Operator: meta.LabelSelectorOpIn, Values: []string{"a", "b"}}},
				}}, Target: value(kind(), pick(&w.dice, "30", "7"))}}
	default:
		return autoscaling.MetricSpec{Type: autoscaling.ExternalMetricSourceType,
			External: &autoscaling.ExternalMetricSource{
				Metric: autoscaling.MetricIdentifier{Name: "lag"}, Target: value(kind(), pick(&w.dice, "50", "5"))}}
	}
}

func newWorld(seed uint64) (*world, time.Duration, float64, time.Duration, time.Duration) {
	w := &world{dice: dice{seed}}
	tolerance := pick(&w.dice, 0.1, 0.1, 0.05, 0.2, 0.0)
	stabilization := seconds(pick[int64](&w.dice, 300, 300, 60, 0, 600))
	initialization := seconds(pick[int64](&w.dice, 300, 120, 30, 0))
	readiness := seconds(pick[int64](&w.dice, 30, 10, 0))
	hpa := &autoscaling.HorizontalPodAutoscaler{}
	hpa.Name, hpa.Namespace, hpa.Generation = "web", "demo", 1
	hpa.Spec.ScaleTargetRef = autoscaling.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"}
	for range 1 + w.below(3) {
		hpa.Spec.Metrics = append(hpa.Spec.Metrics, w.metric())
	}
	least := int32(pick[int64](&w.dice, -1, 1, 2, 3, 0, 0))
	if least >= 0 {
		hpa.Spec.MinReplicas = &least
	}
	hpa.Spec.MaxReplicas = max(least, 1) + int32(w.below(60))
	if w.below(4) != 0 {
		hpa.Spec.Behavior = &autoscaling.HorizontalPodAutoscalerBehavior{ScaleUp: w.rules(true), ScaleDown: w.rules(false)}
	}
	w.hpa = hpa
	w.replicas = max(least, 1)
	w.load = w.below(5000)
	w.request = pick(&w.dice, "100m", "250m", "0.5", "1")
	return w, stabilization, tolerance, initialization, readiness
}

// move brings the world to the next step.
func (w *world) move(step int) {
	w.load += w.below(1201) - 600
	switch w.below(60) {
	case 0:
		w.load *= 3
	case 1:
		w.load /= 4
	case 2:
		w.load = 0
	}
	w.load = min(max(w.load, 0), 40000)
	if w.chance(15) {
		w.replicas = int32(w.below(int64(w.hpa.Spec.MaxReplicas) + 4))
	}
	if w.chance(6) {
		// Replaced, not changed: the controller holds a copy of the old one at most.
		w.hpa = w.hpa.DeepCopy()
		w.hpa.Spec.MaxReplicas = 4 + int32(w.below(60))
		w.hpa.Generation++
	}
	if w.chance(6) {
		w.hpa = w.hpa.DeepCopy()
		least := int32(w.below(4))
		w.hpa.Spec.MinReplicas = &least
		w.hpa.Generation++
	}
	kept := w.members[:0]
	for _, one := range w.members {
		if !one.deleted || one.gone > step {
			kept = append(kept, one)
		}
	}
	w.members = kept
	live := int32(0)
	for _, one := range w.members {
		if !one.deleted && one.phase != core.PodFailed {
			live++
		}
	}
	for ; live < w.replicas; live++ {
		w.members = append(w.members, &member{
			id: w.nextID, created: w.now, phase: core.PodPending,
			startDelay: w.below(50000), readyDelay: w.below(60000),
		})
		w.nextID++
	}
	for i := len(w.members) - 1; i >= 0 && live > w.replicas; i-- {
		one := w.members[i]
		if !one.deleted && one.phase != core.PodFailed {
			one.deleted = true
			one.gone = step + 1 + int(w.below(3))
			live--
		}
	}
	for _, one := range w.members {
		switch {
		case one.phase == core.PodPending && w.now-one.created >= one.startDelay:
			one.phase, one.since = core.PodRunning, w.now
		case one.phase == core.PodRunning && !one.ready && w.now-one.since >= one.readyDelay:
			one.ready, one.since = true, w.now
		case one.phase == core.PodRunning && one.ready && w.chance(8):
			one.ready, one.since = false, w.now
		case one.phase == core.PodRunning && w.chance(3):
			one.phase = core.PodFailed
		}
	}
	w.measure()
}

func (w *world) measure() {
	serving := int64(0)
	for _, one := range w.members {
		if one.phase == core.PodRunning && one.ready {
			serving++
		}
	}
	serving = max(serving, 1)
	for _, one := range w.members {
		one.cpu, one.sidecar, one.memory, one.rps = -1, -1, -1, -1
		if one.phase != core.PodRunning {
			continue
		}
		if !w.chance(30) {
			one.cpu = w.load/serving + w.below(60)
			one.sidecar = 5 + w.below(5)
			one.memory = 200*1024*1024 + w.load*20000/serving + w.below(1000000)
		}
		if !w.chance(30) {
			one.rps = w.load*100/serving + w.below(500)
		}
		one.age, one.window = w.below(45)*1000, pick[int64](&w.dice, 15, 30)*1000
	}
	w.object = w.load * 50
	w.series = nil
	for range 1 + w.below(3) {
		w.series = append(w.series, w.load*30+w.below(1000))
	}
	if w.chance(4) {
		w.series = append(w.series, 9223372036854775000)
	}
	w.apiError, w.getError, w.putError = "", "", ""
	w.nothing = false
	w.selector = "app=web"
	switch w.below(120) {
	case 0, 1, 2:
		w.apiError = "the server is currently unable to handle the request"
	case 3, 4:
		w.nothing = true
	case 5:
		w.getError = "deployments.apps \"web\" is forbidden"
	case 6, 7:
		w.putError = "admission webhook denied the request"
	case 8:
		w.selector = ""
	case 9:
		w.selector = "app in (web"
	case 10:
		w.selector = "app"
	}
}

func (w *world) at(millis int64) meta.Time {
	return meta.Time{Time: w.begun.Add(time.Duration(millis) * time.Millisecond)}
}

func (one *member) name() string { return fmt.Sprintf("web-%d", one.id) }

func (w *world) pods() []any {
	var list []any
	for _, one := range w.members {
		object := &core.Pod{}
		object.Name, object.Namespace = one.name(), "demo"
		object.Labels = map[string]string{"app": "web"}
		object.Status.Phase = one.phase
		if one.phase != core.PodPending {
			start := w.at(one.created)
			object.Status.StartTime = &start
			status := core.ConditionFalse
			if one.ready {
				status = core.ConditionTrue
			}
			object.Status.Conditions = []core.PodCondition{{Type: core.PodReady, Status: status, LastTransitionTime: w.at(one.since)}}
		}
		if one.deleted {
			deleted := w.at(w.now)
			object.DeletionTimestamp = &deleted
		}
		container := func(name, cpu string) core.Container {
			made := core.Container{Name: name}
			made.Resources.Requests = core.ResourceList{"cpu": resource.MustParse(cpu), "memory": resource.MustParse("256Mi")}
			return made
		}
		object.Spec.Containers = []core.Container{container("app", w.request), container("proxy", "20m")}
		list = append(list, object)
	}
	return list
}

// The clients that the controller talks to.

type usageAPI struct {
	usageclient.PodMetricsInterface
	w *world
}

func (a usageAPI) PodMetricses(string) usageclient.PodMetricsInterface { return a }

func (a usageAPI) List(context.Context, meta.ListOptions) (*usage.PodMetricsList, error) {
	if a.w.apiError != "" {
		return nil, errors.New(a.w.apiError)
	}
	list := &usage.PodMetricsList{}
	if a.w.nothing {
		return list, nil
	}
	for _, one := range a.w.members {
		if one.cpu < 0 {
			continue
		}
		container := func(name string, cpu, memory int64) usage.ContainerMetrics {
			return usage.ContainerMetrics{Name: name, Usage: core.ResourceList{
				"cpu":    *resource.NewMilliQuantity(cpu, resource.DecimalSI),
				"memory": *resource.NewQuantity(memory, resource.BinarySI),
			}}
		}
		item := usage.PodMetrics{
			Timestamp:  a.w.at(a.w.now - one.age),
			Window:     meta.Duration{Duration: time.Duration(one.window) * time.Millisecond},
			Containers: []usage.ContainerMetrics{container("app", one.cpu, one.memory), container("proxy", one.sidecar, 12345678)},
		}
		item.Name, item.Namespace = one.name(), "demo"
		list.Items = append(list.Items, item)
	}
	return list, nil
}

type customAPI struct{ w *world }

func (a customAPI) RootScopedMetrics() customclient.MetricsInterface       { return a }
func (a customAPI) NamespacedMetrics(string) customclient.MetricsInterface { return a }

func (a customAPI) GetForObject(schema.GroupKind, string, string, labels.Selector) (*custom.MetricValue, error) {
	if a.w.apiError != "" {
		return nil, errors.New(a.w.apiError)
	}
	return &custom.MetricValue{Value: *resource.NewMilliQuantity(a.w.object, resource.DecimalSI)}, nil
}

func (a customAPI) GetForObjects(schema.GroupKind, labels.Selector, string, labels.Selector) (*custom.MetricValueList, error) {
	if a.w.apiError != "" {
		return nil, errors.New(a.w.apiError)
	}
	list := &custom.MetricValueList{}
	if a.w.nothing {
		return list, nil
	}
	for _, one := range a.w.members {
		if one.rps >= 0 {
			list.Items = append(list.Items, custom.MetricValue{
				DescribedObject: core.ObjectReference{Kind: "Pod", Name: one.name()},
				Timestamp:       a.w.at(a.w.now - one.age),
				Value:           *resource.NewMilliQuantity(one.rps, resource.DecimalSI),
			})
		}
	}
	return list, nil
}

type externalAPI struct{ w *world }

func (a externalAPI) NamespacedMetrics(string) externalclient.MetricsInterface { return a }

func (a externalAPI) List(string, labels.Selector) (*external.ExternalMetricValueList, error) {
	if a.w.apiError != "" {
		return nil, errors.New(a.w.apiError)
	}
	list := &external.ExternalMetricValueList{}
	if a.w.nothing {
		return list, nil
	}
	for _, one := range a.w.series {
		list.Items = append(list.Items, external.ExternalMetricValue{Value: *resource.NewMilliQuantity(one, resource.DecimalSI)})
	}
	return list, nil
}

type scaleAPI struct {
	scale.ScaleInterface
	w *world
}

func (a scaleAPI) Scales(string) scale.ScaleInterface { return a }

func (a scaleAPI) Get(context.Context, schema.GroupResource, string, meta.GetOptions) (*autoscalingv1.Scale, error) {
	if a.w.getError != "" {
		return nil, errors.New(a.w.getError)
	}
	s := &autoscalingv1.Scale{}
	s.Name, s.Namespace = "web", "demo"
	s.Spec.Replicas = a.w.replicas
	for _, one := range a.w.members {
		if !one.deleted && one.phase != core.PodFailed {
			s.Status.Replicas++
		}
	}
	s.Status.Selector = a.w.selector
	return s, nil
}

func (a scaleAPI) Update(_ context.Context, _ schema.GroupResource, s *autoscalingv1.Scale, _ meta.UpdateOptions) (*autoscalingv1.Scale, error) {
	if a.w.putError != "" {
		return nil, errors.New(a.w.putError)
	}
	a.w.replicas = s.Spec.Replicas
	return s, nil
}

type hpaAPI struct {
	autoscalingclient.HorizontalPodAutoscalerInterface
	w *world
}

func (a hpaAPI) HorizontalPodAutoscalers(string) autoscalingclient.HorizontalPodAutoscalerInterface {
	return a
}

func (a hpaAPI) UpdateStatus(_ context.Context, hpa *autoscaling.HorizontalPodAutoscaler, _ meta.UpdateOptions) (*autoscaling.HorizontalPodAutoscaler, error) {
	updated := a.w.hpa.DeepCopy()
	updated.Status = *hpa.Status.DeepCopy()
	a.w.hpa = updated
	return updated, nil
}

// table numbers texts in the order of their first use.
type table struct {
	texts []string
	index map[string]int
}

func newTable() *table { return &table{index: map[string]int{}} }

func (t *table) number(text string) int {
	if known, ok := t.index[text]; ok {
		return known
	}
	t.index[text] = len(t.texts)
	t.texts = append(t.texts, text)
	return len(t.texts) - 1
}

// runs writes numbers as `VALUE*TIMES`, one for each run of the same.
func runs(numbers []int) string {
	var out []string
	for i := 0; i < len(numbers); {
		end := i
		for end < len(numbers) && numbers[end] == numbers[i] {
			end++
		}
		out = append(out, fmt.Sprintf("%d*%d", numbers[i], end-i))
		i = end
	}
	return strings.Join(out, " ")
}

// replay gives, for each step, the replicas, the conditions (their number in the table) and
// sixteen bits of a hash of everything that the controller said.
func replay(t *testing.T, seed uint64, steps int, known *table) any {
	w, stabilization, tolerance, initialization, readiness := newWorld(seed)
	w.begun = time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	shared := informers.NewSharedInformerFactory(fake.NewClientset(), 0)
	apps := schema.GroupVersion{Group: "apps", Version: "v1"}
	mapper := apimeta.NewDefaultRESTMapper([]schema.GroupVersion{apps})
	mapper.Add(apps.WithKind("Deployment"), apimeta.RESTScopeNamespace)
	c := podautoscaler.NewHorizontalController(
		ctx, fake.NewClientset().CoreV1(), scaleAPI{w: w}, hpaAPI{w: w}, mapper,
		metrics.NewRESTMetricsClient(usageAPI{w: w}, customAPI{w}, externalAPI{w}),
		shared.Autoscaling().V2().HorizontalPodAutoscalers(), shared.Core().V1().Pods(),
		seconds(15), stabilization, tolerance, initialization, readiness,
	)
	defer (*view[workqueue.TypedRateLimitingInterface[string]](c, "queue")).ShutDown()
	recorder := record.NewFakeRecorder(100)
	*view[record.EventRecorder](c, "eventRecorder") = recorder
	enqueueHPA(c, w.hpa)
	tracker := field(c, "selectorTracker").Interface().(interface {
		PutIfAbsent(string, selectors.Key, labels.Selector) bool
		Delete(string, selectors.Key)
	})
	rival := selectors.Key{Namespace: "demo", Name: "rival"}
	pods := shared.Core().V1().Pods().Informer().GetIndexer()
	replicas, conditions, hashes := []int{}, []int{}, ""
	for step := range steps {
		w.now = time.Since(w.begun).Milliseconds()
		w.move(step)
		if err := pods.Replace(w.pods(), ""); err != nil {
			panic(err)
		}
		contested := w.selector == "app"
		if contested {
			tracker.PutIfAbsent("demo", rival, labels.Everything())
		}
		err := reconcileAutoscaler(c, ctx, w.hpa, key)
		if contested {
			tracker.Delete("demo", rival)
		}
		said, table := w.said(err, recorder)
		hash := fnv.New32a()
		hash.Write([]byte(said))
		replicas = append(replicas, int(w.replicas))
		conditions = append(conditions, known.number(table))
		hashes += fmt.Sprintf("%04x", hash.Sum32()&0xffff)
		if debug {
			fmt.Fprintf(stderr, "== %d step %d load %d\n%s", seed, step, w.load, said)
		}
		time.Sleep(time.Duration(pick[int64](&w.dice, 15000, 15000, 15000, 15000, 15011, 14989)) * time.Millisecond)
	}
	return []string{runs(replicas), runs(conditions), hashes}
}

func (w *world) said(err error, recorder *record.FakeRecorder) (string, string) {
	var all, short strings.Builder
	status := w.hpa.Status
	millis := func(t meta.Time) int64 { return t.Sub(w.begun).Milliseconds() }
	for _, one := range status.Conditions {
		fmt.Fprintf(&all, "C %s %s %s %d %s\n", one.Type, one.Status, one.Reason, millis(one.LastTransitionTime), one.Message)
		fmt.Fprintf(&short, "%s=%s %s; ", one.Type, one.Status, one.Reason)
	}
	for _, one := range status.CurrentMetrics {
		var current autoscaling.MetricValueStatus
		switch {
		case one.Resource != nil:
			current = one.Resource.Current
		case one.ContainerResource != nil:
			current = one.ContainerResource.Current
		case one.Pods != nil:
			current = one.Pods.Current
		case one.Object != nil:
			current = one.Object.Current
		case one.External != nil:
			current = one.External.Current
		}
		percent := "-"
		if current.AverageUtilization != nil {
			percent = fmt.Sprint(*current.AverageUtilization)
		}
		quantity := func(q *resource.Quantity) string {
			if q == nil {
				return "-"
			}
			return q.String()
		}
		fmt.Fprintf(&all, "M %s %s %s\n", percent, quantity(current.AverageValue), quantity(current.Value))
	}
	for len(recorder.Events) > 0 {
		fmt.Fprintf(&all, "E %s\n", <-recorder.Events)
	}
	scaled := "-"
	if status.LastScaleTime != nil {
		scaled = fmt.Sprint(millis(*status.LastScaleTime))
	}
	generation := int64(0)
	if status.ObservedGeneration != nil {
		generation = *status.ObservedGeneration
	}
	fmt.Fprintf(&all, "R %d %d %s %d\n", status.CurrentReplicas, status.DesiredReplicas, scaled, generation)
	if err != nil {
		fmt.Fprintf(&all, "X %s\n", err)
	}
	// The controller names contenders in no order.
	return strings.ReplaceAll(nameless(all.String()), "[demo/web demo/rival]", "[demo/rival demo/web]"), strings.TrimSuffix(short.String(), "; ")
}

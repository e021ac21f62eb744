package main

import (
	"time"

	autoscaling "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
)

// A value with its age in milliseconds.
type aged [2]int64

type rules struct {
	Window    *int32   `json:"window"`
	Select    string   `json:"select"`
	Policies  []policy `json:"policies"`
	Tolerance string   `json:"tolerance"`
}

type policy struct {
	Type   string `json:"type"`
	Value  int32  `json:"value"`
	Period int32  `json:"period"`
}

type behaviorCase struct {
	Current  int32  `json:"current"`
	Proposed int32  `json:"proposed"`
	Min      int32  `json:"min"`
	Max      int32  `json:"max"`
	Flag     int64  `json:"flag"`
	Up       *rules `json:"up"`
	Down     *rules `json:"down"`
	Recent   []aged `json:"recent"`
	Ups      []aged `json:"ups"`
	Downs    []aged `json:"downs"`
}

func (r *rules) object() *autoscaling.HPAScalingRules {
	choice := autoscaling.ScalingPolicySelect(r.Select)
	object := &autoscaling.HPAScalingRules{
		StabilizationWindowSeconds: r.Window,
		SelectPolicy:               &choice,
	}
	for _, one := range r.Policies {
		object.Policies = append(object.Policies, autoscaling.HPAScalingPolicy{
			Type: autoscaling.HPAScalingPolicyType(one.Type), Value: one.Value, PeriodSeconds: one.Period,
		})
	}
	if r.Tolerance != "" {
		quantity := resource.MustParse(r.Tolerance)
		object.Tolerance = &quantity
	}
	return object
}

// answer normalizes the proposal and stores the change; it gives the number, the reasons, and
// what is remembered.
func (b behaviorCase) answer() any {
	const key = "demo/web"
	c := &controller{}
	*view[time.Duration](c, "downscaleStabilisationWindow") = time.Duration(b.Flag) * time.Second
	recent := view[map[string][]recommendation](c, "recommendations")
	ups := view[map[string][]event](c, "scaleUpEvents")
	downs := view[map[string][]event](c, "scaleDownEvents")
	*recent, *ups, *downs = map[string][]recommendation{}, map[string][]event{}, map[string][]event{}
	for _, one := range b.Recent {
		(*recent)[key] = append((*recent)[key], recommendation{int32(one[0]), ago(one[1])})
	}
	for _, one := range b.Ups {
		(*ups)[key] = append((*ups)[key], event{int32(one[0]), ago(one[1]), false})
	}
	for _, one := range b.Downs {
		(*downs)[key] = append((*downs)[key], event{int32(one[0]), ago(one[1]), false})
	}
	hpa := &autoscaling.HorizontalPodAutoscaler{}
	hpa.Spec.MaxReplicas = b.Max
	var desired int32
	if b.Up == nil {
		desired = normalizeDesiredReplicas(c, hpa, key, b.Current, b.Proposed, b.Min)
	} else {
		hpa.Spec.Behavior = &autoscaling.HorizontalPodAutoscalerBehavior{ScaleUp: b.Up.object(), ScaleDown: b.Down.object()}
		desired = normalizeDesiredReplicasWithBehaviors(c, hpa, key, b.Current, b.Proposed, b.Min)
	}
	if desired != b.Current {
		storeScaleEvent(c, hpa.Spec.Behavior, key, b.Current, desired)
	}
	age := func(at time.Time) int64 { return time.Since(at).Milliseconds() }
	remembered := [3][]aged{{}, {}, {}}
	for _, one := range (*recent)[key] {
		remembered[0] = append(remembered[0], aged{int64(one.value), age(one.at)})
	}
	for i, list := range [][]event{(*ups)[key], (*downs)[key]} {
		for _, one := range list {
			remembered[i+1] = append(remembered[i+1], aged{int64(one.change), age(one.at)})
		}
	}
	said := []string{}
	for _, one := range hpa.Status.Conditions {
		said = append(said, string(one.Status)+" "+one.Reason)
	}
	return []any{desired, said, remembered}
}

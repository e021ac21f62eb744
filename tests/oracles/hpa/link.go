package main

import (
	"context"
	"reflect"
	"time"
	"unsafe"

	autoscaling "k8s.io/api/autoscaling/v2"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
)

// The parts of the controller that it does not export.

type controller = podautoscaler.HorizontalController

//go:linkname reconcileAutoscaler k8s.io/kubernetes/pkg/controller/podautoscaler.(*HorizontalController).reconcileAutoscaler
func reconcileAutoscaler(c *controller, ctx context.Context, hpa *autoscaling.HorizontalPodAutoscaler, key string) error

//go:linkname enqueueHPA k8s.io/kubernetes/pkg/controller/podautoscaler.(*HorizontalController).enqueueHPA
func enqueueHPA(c *controller, obj any)

//go:linkname normalizeDesiredReplicas k8s.io/kubernetes/pkg/controller/podautoscaler.(*HorizontalController).normalizeDesiredReplicas
func normalizeDesiredReplicas(c *controller, hpa *autoscaling.HorizontalPodAutoscaler, key string, current, proposed, min int32) int32

//go:linkname normalizeDesiredReplicasWithBehaviors k8s.io/kubernetes/pkg/controller/podautoscaler.(*HorizontalController).normalizeDesiredReplicasWithBehaviors
func normalizeDesiredReplicasWithBehaviors(c *controller, hpa *autoscaling.HorizontalPodAutoscaler, key string, current, proposed, min int32) int32

//go:linkname storeScaleEvent k8s.io/kubernetes/pkg/controller/podautoscaler.(*HorizontalController).storeScaleEvent
func storeScaleEvent(c *controller, behavior *autoscaling.HorizontalPodAutoscalerBehavior, key string, from, to int32)

// The layouts of two of its types.

type recommendation struct {
	value int32
	at    time.Time
}

type event struct {
	change   int32
	at       time.Time
	outdated bool
}

// field gives a field of the controller, to read and write.
func field(c *controller, name string) reflect.Value {
	value := reflect.ValueOf(c).Elem().FieldByName(name)
	return reflect.NewAt(value.Type(), unsafe.Pointer(value.UnsafeAddr())).Elem()
}

// view gives a field as if it had the type T, which must have the same layout.
func view[T any](c *controller, name string) *T {
	value := reflect.ValueOf(c).Elem().FieldByName(name)
	return (*T)(unsafe.Pointer(value.UnsafeAddr()))
}

func tolerances(down, up float64) podautoscaler.Tolerances {
	pair := [2]float64{down, up}
	return *(*podautoscaler.Tolerances)(unsafe.Pointer(&pair))
}

// Runs the scale executor of KEDA on our cases, under a clock of its own.
//
// A case is a ScaledObject and what its loop meets: how many seconds pass, how many replicas
// somebody else sets, whether a trigger is active and whether one fails. The answer to each look
// is the number of replicas after it and the time at which a trigger was last active.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	kedav1alpha1 "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	"github.com/kedacore/keda/v2/pkg/scaling/executor"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/scale"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

type testCase struct {
	Min             *int32            `json:"min"`
	Idle            *int32            `json:"idle"`
	Cooldown        *int32            `json:"cooldown"`
	InitialCooldown *int32            `json:"initialCooldown"`
	Fallback        *int32            `json:"fallback"`
	Annotations     map[string]string `json:"annotations"`
	Replicas        int32             `json:"replicas"`
	Steps           []step            `json:"steps"`
}

// Seconds to wait, replicas that somebody sets (or -1), active, failed.
type step [4]int32

// The target: what the executor reads and writes of it.
type world struct {
	client.Client
	replicas int32
}

func (w *world) Get(context.Context, types.NamespacedName, client.Object, ...client.GetOption) error {
	return fmt.Errorf("not cached")
}

func (w *world) Scales(string) scale.ScaleInterface { return scales{w: w} }

type scales struct {
	scale.ScaleInterface
	w *world
}

func (s scales) Get(context.Context, schema.GroupResource, string, metav1.GetOptions) (*autoscalingv1.Scale, error) {
	return &autoscalingv1.Scale{Spec: autoscalingv1.ScaleSpec{Replicas: s.w.replicas}}, nil
}

func (s scales) Update(_ context.Context, _ schema.GroupResource, scale *autoscalingv1.Scale, _ metav1.UpdateOptions) (*autoscalingv1.Scale, error) {
	s.w.replicas = scale.Spec.Replicas
	return scale, nil
}

type silent struct{}

func (silent) Eventf(runtime.Object, runtime.Object, string, string, string, string, ...interface{}) {
}

func answer(one testCase) [][2]int64 {
	begun := time.Now()
	object := &kedav1alpha1.ScaledObject{
		ObjectMeta: metav1.ObjectMeta{
			Name: "so", Namespace: "ns", Annotations: one.Annotations,
			CreationTimestamp: metav1.NewTime(begun),
		},
		Spec: kedav1alpha1.ScaledObjectSpec{
			ScaleTargetRef:        &kedav1alpha1.ScaleTarget{Name: "target"},
			MinReplicaCount:       one.Min,
			IdleReplicaCount:      one.Idle,
			CooldownPeriod:        one.Cooldown,
			InitialCooldownPeriod: one.InitialCooldown,
		},
		Status: kedav1alpha1.ScaledObjectStatus{
			ScaleTargetGVKR: &kedav1alpha1.GroupVersionKindResource{Group: "x", Version: "v1", Kind: "Target", Resource: "targets"},
		},
	}
	if one.Fallback != nil {
		object.Spec.Fallback = &kedav1alpha1.Fallback{FailureThreshold: 3, Replicas: *one.Fallback}
	}
	w := &world{replicas: one.Replicas}
	e := executor.NewScaleExecutor(w, w, runtime.NewScheme(), silent{})
	answers := [][2]int64{}
	for _, step := range one.Steps {
		time.Sleep(time.Duration(step[0]) * time.Second)
		if step[1] >= 0 {
			w.replicas = step[1]
		}
		result := e.RequestScale(context.Background(), object, step[2] == 1, step[3] == 1, executor.ScaleExecutorOptions{})
		// As the scale handler does.
		if result.LastActiveTime != nil {
			object.Status.LastActiveTime = result.LastActiveTime
		}
		last := int64(-1)
		if at := object.Status.LastActiveTime; at != nil {
			last = int64(at.Sub(begun) / time.Second)
		}
		answers = append(answers, [2]int64{int64(w.replicas), last})
	}
	return answers
}

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var cases []testCase
	if err := json.Unmarshal(text, &cases); err != nil {
		panic(err)
	}
	// The test runner writes to standard output when it is done.
	out := os.Stdout
	os.Stdout = os.Stderr
	run := func(t *testing.T) {
		synctest.Test(t, func(*testing.T) {
			fmt.Fprintln(out, "[")
			for index, one := range cases {
				line, err := json.Marshal(answer(one))
				if err != nil {
					panic(err)
				}
				comma := ","
				if index == len(cases)-1 {
					comma = ""
				}
				fmt.Fprintf(out, "%s%s\n", line, comma)
			}
			fmt.Fprintln(out, "]")
		})
	}
	testing.Main(
		func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "answers", F: run}}, nil, nil,
	)
}

// Prints which checks of the pod security admission controller pods fail, each in its newest
// version.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/policy"
)

func main() {
	var pods []corev1.Pod
	if err := json.NewDecoder(os.Stdin).Decode(&pods); err != nil {
		panic(err)
	}
	fmt.Println("[")
	for i := range pods {
		failed := []string{}
		for _, check := range policy.DefaultChecks() {
			newest := check.Versions[len(check.Versions)-1]
			if !newest.CheckPod(&pods[i].ObjectMeta, &pods[i].Spec).Allowed {
				failed = append(failed, string(check.ID))
			}
		}
		sort.Strings(failed)
		line, err := json.Marshal(failed)
		if err != nil {
			panic(err)
		}
		end := ","
		if i == len(pods)-1 {
			end = ""
		}
		fmt.Printf(" %s%s\n", line, end)
	}
	fmt.Println("]")
}

//! Discovery: which files below a folder are Dockerfiles, `.dockerignore`, Compose files and
//! Kubernetes manifests.

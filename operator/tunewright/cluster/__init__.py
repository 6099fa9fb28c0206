"""Studies on a Kubernetes cluster: the operator, and what the command line does there."""

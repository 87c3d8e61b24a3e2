"""What does not depend on any cloud service: graph, passes, emission, diff and plan."""

"""AWS: lowers each block of a spec to resources, and deploys through Pulumi."""

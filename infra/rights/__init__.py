"""The rights that several constructs grant, each as the statements of a policy."""

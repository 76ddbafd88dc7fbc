"""What the Amazon States Language computes: paths, intrinsic functions, templates, choices."""

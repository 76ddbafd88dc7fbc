"""The simulated Google Cloud: pipelines, events, services, jobs, logs and objects."""

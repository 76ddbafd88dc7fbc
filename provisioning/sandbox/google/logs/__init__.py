"""Cloud Logging: what services, jobs and people's code say."""

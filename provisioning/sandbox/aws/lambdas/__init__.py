"""AWS Lambda: functions whose code really runs, in processes of their own."""

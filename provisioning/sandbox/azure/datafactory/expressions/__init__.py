"""The expression language of Data Factory: "@concat(pipeline().RunId, '-', item())"."""

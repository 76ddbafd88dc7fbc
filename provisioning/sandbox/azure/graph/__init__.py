"""The part of Microsoft Graph that sets an application up."""

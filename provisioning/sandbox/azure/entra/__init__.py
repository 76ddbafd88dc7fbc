"""Microsoft Entra: applications, how they sign in, and the tokens that they get."""

"""desk: people come in, reviewers through the API, candidates by the links in their mail.

It writes nobody's data: it publishes.
"""

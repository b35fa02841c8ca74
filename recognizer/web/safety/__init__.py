"""What keeps the page's server safe: who may ask what, clients that misbehave, pictures they send, certificates."""

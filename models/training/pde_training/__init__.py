"""Fits, evaluates and exports a model. Features are TypeScript's; running the engine needs none of this."""

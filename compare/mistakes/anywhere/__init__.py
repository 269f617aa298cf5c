"""Mistakes in any layered network: what network it is, and which known mistake gives these wrong gradients."""

"""The exercises' answers as pictures, tables and sections of a page."""

from fourfold.reports.exercises.page import sections

__all__ = ["sections"]

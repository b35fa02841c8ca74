"""Digits, letters and signs as they are written, each with its own hand."""

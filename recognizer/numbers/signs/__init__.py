"""Signs that are no digits: those that were taken for digits, and those that stand beside them."""

"""How good a model is: measures, scores on photographs, speed, and the report."""

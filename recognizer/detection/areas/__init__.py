"""Parts of a picture that are set apart: regions in which alone is looked, and the boxes of a form."""

"""Parts of a picture that are set apart: regions in which alone is looked, the boxes of a form, and
digits that look as they did."""

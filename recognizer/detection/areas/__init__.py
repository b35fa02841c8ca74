"""Parts of a picture that are set apart: regions in which alone is looked, and digits that look as they did."""

"""Where readings go: text, labelled pictures and videos, crops, each complete in every exit."""

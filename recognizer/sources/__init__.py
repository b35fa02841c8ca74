"""Where frames come from: pictures, videos, cameras and streams."""

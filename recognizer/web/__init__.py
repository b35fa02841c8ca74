"""The program's own page: any screen shows the camera's picture, any phone or laptop is a camera; an extra, `[web]`."""

"""Tells an MQTT broker the numbers that stand still and the camera's state; needs the extra [mqtt]."""

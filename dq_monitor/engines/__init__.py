"""The engines that evaluate rules over a frame."""

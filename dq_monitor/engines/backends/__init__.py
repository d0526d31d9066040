"""The engines that judge tables where they lie: one file each, found by its name in `--engine`."""

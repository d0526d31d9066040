"""Always a way back: where a rule began to fail, what was made of a write, making it again."""

"""The values that everything else passes around: frozen, without behaviour that acts."""

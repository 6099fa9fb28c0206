"""The built-in samplers, one module each; the registry imports a module when its sampler is used."""

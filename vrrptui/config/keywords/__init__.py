"""The blocks of the configuration: their keywords, ranges and defaults.

`instance` is vrrp_instance; `unsupported` lists the keywords that have no effect. Imports language, findings and model.
"""

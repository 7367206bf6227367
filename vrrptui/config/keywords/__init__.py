"""Each block of the configuration: which keywords it has, their ranges and defaults.

`instance` is vrrp_instance; `unsupported` names what is passed over. Imports language, findings and model.
"""

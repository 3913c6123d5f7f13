import CShims
public let version = vpa_mnl_version()

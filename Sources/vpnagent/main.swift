import LinuxEdge
import ArgumentParser
print("vpnagent")

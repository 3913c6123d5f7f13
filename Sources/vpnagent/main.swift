import LinuxEdge
import ArgumentParser
print(version)

import SedgeTorch
import Testing

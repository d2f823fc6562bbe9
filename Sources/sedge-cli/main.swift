// The program: everything it does is in SedgeCommands.

import SedgeCommands

runSedge()

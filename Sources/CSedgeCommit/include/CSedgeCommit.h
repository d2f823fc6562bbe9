// The commit of the source.
#pragma once

// 40 or 64 hexadecimal digits, with -dirty behind them where the source differs from the commit; empty where it is not known.
const char *sedge_commit(void);

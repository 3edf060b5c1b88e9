/*
 * loyalty.c
 *		The loadable module.  Every noun has a face of its own beside this file.
 */
#include "compat.h"

LOYALTY_MODULE_MAGIC;

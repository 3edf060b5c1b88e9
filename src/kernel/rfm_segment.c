/*
 * rfm_segment.c
 *		The map from scores to names.
 *
 * It takes how recently a customer bought, r, and how much there is to lose,
 * f + m: frequency and money weigh alike, so every one of the 125 cells has a
 * name.  The two schemes draw the same borders and differ in the words: those
 * of the trade, and those of Shopify's customer segments.
 */
#include "rfm_segment.h"

#include <string.h>

const char *const rfm_scheme_names[RFM_SCHEMES] = {"classic", "shopify"};

typedef enum segment
{
	LOST, HIBERNATING, ABOUT_TO_SLEEP, PROMISING, NEW_CUSTOMERS, AT_RISK, NEED_ATTENTION,
	CANNOT_LOSE, POTENTIAL_LOYALIST, LOYAL, CHAMPIONS
} segment;

static const char *const names[][RFM_SCHEMES] = {
	[LOST] = {"Lost", "DORMANT"},
	[HIBERNATING] = {"Hibernating", "DORMANT"},
	[ABOUT_TO_SLEEP] = {"About to Sleep", "ALMOST_LOST"},
	[PROMISING] = {"Promising", "PROMISING"},
	[NEW_CUSTOMERS] = {"New Customers", "NEW"},
	[AT_RISK] = {"At Risk", "AT_RISK"},
	[NEED_ATTENTION] = {"Need Attention", "NEEDS_ATTENTION"},
	[CANNOT_LOSE] = {"Can't Lose Them", "PREVIOUSLY_LOYAL"},
	[POTENTIAL_LOYALIST] = {"Potential Loyalist", "ACTIVE"},
	[LOYAL] = {"Loyal", "LOYAL"},
	[CHAMPIONS] = {"Champions", "CHAMPIONS"}
};

/* by r - 1 and f + m - 2 */
static const segment map[5][9] = {
	{LOST, LOST, LOST, LOST, AT_RISK, AT_RISK, AT_RISK, CANNOT_LOSE, CANNOT_LOSE},
	{HIBERNATING, HIBERNATING, HIBERNATING, HIBERNATING, AT_RISK, AT_RISK, AT_RISK, CANNOT_LOSE, CANNOT_LOSE},
	{ABOUT_TO_SLEEP, ABOUT_TO_SLEEP, ABOUT_TO_SLEEP, ABOUT_TO_SLEEP, NEED_ATTENTION, LOYAL, LOYAL, LOYAL, LOYAL},
	{PROMISING, PROMISING, POTENTIAL_LOYALIST, POTENTIAL_LOYALIST, POTENTIAL_LOYALIST, LOYAL, LOYAL, LOYAL, LOYAL},
	{NEW_CUSTOMERS, NEW_CUSTOMERS, POTENTIAL_LOYALIST, POTENTIAL_LOYALIST, POTENTIAL_LOYALIST, CHAMPIONS, CHAMPIONS, CHAMPIONS, CHAMPIONS}
};

rfm_scheme
rfm_scheme_of(const char *name)
{
	rfm_scheme	scheme = RFM_CLASSIC;

	while (scheme < RFM_SCHEMES && strcmp(name, rfm_scheme_names[scheme]) != 0)
		scheme++;
	return scheme;
}

const char *
rfm_segment(int r, int f, int m, rfm_scheme scheme)
{
	return names[map[r - 1][f + m - 2]][scheme];
}

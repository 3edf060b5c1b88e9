/*
 * rfm_segment.h
 *		A name for each combination of recency, frequency and monetary score.
 */
#ifndef LOYALTY_KERNEL_RFM_SEGMENT_H
#define LOYALTY_KERNEL_RFM_SEGMENT_H

#define RFM_LOWEST	1
#define RFM_HIGHEST	5

typedef enum rfm_scheme
{
	RFM_CLASSIC,
	RFM_SHOPIFY,
	RFM_SCHEMES
} rfm_scheme;

/* how callers name the schemes */
extern const char *const rfm_scheme_names[RFM_SCHEMES];

/* RFM_SCHEMES where there is none of that name */
extern rfm_scheme rfm_scheme_of(const char *name);

/* scores from RFM_LOWEST to RFM_HIGHEST */
extern const char *rfm_segment(int r, int f, int m, rfm_scheme scheme);

#endif							/* LOYALTY_KERNEL_RFM_SEGMENT_H */

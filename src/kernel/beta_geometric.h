/*
 * beta_geometric.h
 *		Customers who may leave before each opportunity, each with a chance of
 *		his own: Beta(churn, stay) across customers.  This is how one leaves in
 *		both discrete models; in sbg staying is also the purchase.
 */
#ifndef LOYALTY_KERNEL_BETA_GEOMETRIC_H
#define LOYALTY_KERNEL_BETA_GEOMETRIC_H

#include <stdbool.h>

#include "lifetime_model.h"

/* ln of the share still there after `times` opportunities to leave */
extern double beta_geometric_log_survival(double churn, double stay, double times);

/*
 * The future of customers who are there for the first of the coming
 * opportunities and may leave before each later one.  While there, one buys
 * with a chance of mean `buys` and mean square `buys_twice`, apart from
 * leaving.  horizon and discount as in lifetime_model; discount may be
 * negative, purchases then being worth more the later they come.
 */
extern void beta_geometric_future(double churn, double stay, double buys, double buys_twice,
								  double horizon, double discount, bool variances,
								  lifetime_future *future);

#endif							/* LOYALTY_KERNEL_BETA_GEOMETRIC_H */

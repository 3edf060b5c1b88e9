/*
 * A living BG/NBD population: its purchases, discounted or not, their
 * variance, their distribution, and who is still there.
 */
#include "bg_population.h"
#include "reference.h"
#include "tap.h"

/*
 * Random populations over fourteen orders of magnitude, and some on the edges.
 * In 60 to 600 digits: the futures by composite Gauss-Legendre integration
 * over logit(p) of what is expected for one p, survival and pmf by
 * hypergeometric and incomplete beta functions.  Without discount squares are
 * the mean; for ever there is no survival nor pmf.  0 stands for what is below
 * double precision.
 */
typedef struct known_population
{
	double		updated[4];
	double		horizon;
	double		discount;
	double		n;
	lifetime_future future;
	double		survival;
	double		pmf;
} known_population;

static const known_population known[] = {
	{{1000000000, 1000000000, 0.8, 2.5}, 52.0, 0.003, 40, {10.359803366845705, 9.889541332782654, 311.446341437023}, 0.08359928235771655, 0.003277089933595636},
	{{1000000000, 1000000000, 0.8, 2.5}, 52.0, 0, 7, {10.872506659096937, 10.872506659096937, 354.8095653056322}, 0.08359928235771655, 0.03163480397918868},
	{{1000000, 1000000000, 1000000, 4000000}, 10000.0, 0.001, 3, {0.8333281159235366, 0.4545454198581912, 1.0605982147440773}, 0.13533577044328227, 0.13151967807611298},
	{{0.9, 60, 1.0000001, 5}, 365.0, 0.0003, 2, {3.0905792751011676, 2.954483668223895, 23.234848371982736}, 0.6074141677126167, 0.1601515056040609},
	{{0.9, 60, 1, 5}, 100000.0, 0, 200, {25.90237548301565, 25.90237548301565, 14766.87862065286}, 0.021555664242119944, 0.00011713894735144778},
	{{0.25, 4.8, 0.72, 2.16}, 52.0, 0.0027, 1, {1.3380517806143564, 1.2648950691047574, 9.81562260946125}, 0.7693443543316081, 0.2077589309730948},
	{{0.25, 4.8, 0.72, 2.16}, INFINITY, 0.0027, 0, {3.75906979351157, 2.6151167823593258, 114.34738366486968}, 0, 0},
	{{29.6, 46.2, 0.807, 31.2}, 52.0, 0.0027, 12, {22.81793185038518, 21.469139617471722, 666.2447989852022}, 0.5625782203447317, 0.01520677369777559},
	{{5000.25, 1005.4, 0.79, 5002.4}, 365.0, 0, 1500, {1600.2056362854419, 1600.2056362854419, 2788331.6364353984}, 0.7830545440222356, 9.877369371154655e-05},
	{{5000.25, 1005.4, 0.79, 5002.4}, 365.0, 0.0003, 1800, {1519.0865868643366, 1443.5158017130059, 2507170.637234162}, 0.7830545440222356, 0.006088486352623755},
	{{1e-08, 1e-08, 1e-08, 1e-08}, 1000000.0, 1e-06, 1000, {316060.18151165295, 216166.112805427, 1.997881374124489e+19}, 0.9999998388190435, 4.999999626965297e-12},
	{{2, 1e-08, 0.5, 0.5}, 0.001, 0, 1, {474.34085844991273, 474.34085844991273, 79057178.67483635}, 0.0015811467356004645, 0.500000000049998},
	{{2.25, 43, 0.793, 4.43}, INFINITY, 1e-06, 0, {108.78275432503342, 91.52485879999125, 1972499.884240208}, 0, 0},
	{{2.25, 43, 0.793, 4.43}, INFINITY, 1, 0, {0.051741466135613694, 0.026014764974199998, 0.029307906114705264}, 0, 0},
	{{5.53, 299, 2.29, 12.9}, 2000.0, 0.0267, 2, {0.6203608777114629, 0.32680629204743467, 0.729551751245503}, 0.07415710300257616, 0.12023840017122034},
	{{25.3, 107, 0.443, 31.2}, 3460.0, 0.00184, 20, {73.61649546900188, 43.55583178409263, 7945.184239015891}, 0.23333810360430282, 0.0070750980150042445},
	{{12.3, 35.8, 11.4, 9.72}, 889.0, 0.00229, 5, {1.9065465560428287, 1.8794013704101964, 5.6907215568340375}, 1.1854095161108825e-12, 0.02705931633937214},
	{{8.22, 18.9, 0.223, 0.344}, 30.9, 0.104, 2, {2.290320434271358, 1.3760873989908973, 8.882001773281607}, 0.35023625230532307, 0.08879681407365368},
	{{0.564, 33.4, 1.41, 1.17}, 197.0, 0.00933, 100, {0.6877326363104307, 0.47922981990324487, 1.2690132494264552}, 0.4803626073091339, 1.1155172902676786e-11},
	{{0.319, 148, 0.32, 37.2}, 340.0, 0.321, 20, {0.00671307126181833, 0.0033569321309907764, 0.0035416541065581494}, 0.9940448632284575, 2.027344836505876e-05},
	{{0.431, 0.528, 1.07, 31.7}, INFINITY, 0.00111, 2, {55.625442597605556, 43.80361134511097, 22957.664997968386}, 0, 0},
	{{49, 0.234, 1.56, 0.0701}, 90.9, 0, 100, {1.1247068461188607, 1.1247068461188607, 23.360354189276492}, 1.433531208747166e-08, 7.750474403050457e-07},
	{{0.128, 0.84, 7, 33.9}, 0.2, 0.000266, 0, {0.02979671456918994, 0.029795927920857147, 0.036215850337205986}, 0.9949132133010583, 0.9730328022880266},
	{{5.22, 0.194, 15.2, 0.0596}, 444.0, 0, 0, {1.0041971830985916, 1.0041971830985916, 1.0132653879641487}, 2.973771777532696e-18, 2.8973142272900353e-18},
	{{32.7, 15.2, 4.41, 0.361}, 27.8, 8.1e-06, 20, {1.105857804416116, 1.1058528667858405, 1.4368112542778255}, 1.580883273571786e-07, 1.8872064883524732e-06},
	{{9.25, 99.7, 3.42, 1.31}, 1.34, 0.0394, 2, {0.11534389832876503, 0.11242683787648304, 0.11666893236289802}, 0.9146977901808224, 0.0021040975444623217},
	{{1.79, 52, 0.925, 0.482}, 2360.0, 0, 2, {3.3289473416607662, 3.3289473416607662, 103.90438340328579}, 0.017354444709478768, 0.1317970430294035},
	{{4.56, 27, 15.6, 5.14}, INFINITY, 3.59e-05, 1, {1.3515478016963773, 1.3510413482600823, 2.371795795079348}, 0, 0},
	{{28.1, 29, 0.0604, 0.275}, INFINITY, 0.0347, 0, {19.438976656760804, 10.205031771062528, 541.1481538429324}, 0, 0},
	{{6.72, 0.78, 0.631, 1.89}, INFINITY, 0.0314, 5, {22.43954072032916, 16.510232870044838, 3431.2138589822534}, 0, 0},
	{{4.21, 0.548, 11.4, 38.8}, 441.0, 0.00654, 20, {4.703928252545247, 4.677556460998719, 42.99834535864484}, 7.149291942768039e-10, 0.0027076105534896313},
	{{30.6, 10.5, 12.4, 4.88}, INFINITY, 1.34e-06, 0, {1.4280691781022974, 1.4280681807674889, 2.7682540080479017}, 0, 0},
	{{980, 0.0433, 1.35, 3.01}, 151000.0, 2.68e-05, 20, {9.585856399553984, 9.581982467021986, 6540781.9044909915}, 6.418182335555882e-13, 0.004187410982181424},
	{{0.031, 0.495, 0.00363, 11300}, INFINITY, 2.55e-05, 20, {2442.677090649147, 1223.1778875361745, 198685408.97189143}, 0, 0},
	{{3.71, 78600, 0.00338, 1630}, 10.0, 0.000686, 2, {0.0004703948786754809, 0.00046878694575758494, 0.00046906785838815785}, 0.9999999990212326, 1.4131990922814347e-07},
	{{1.25e-05, 25.6, 805, 9400}, 6.17, 0, 5, {2.984414548047569e-06, 2.984414548047569e-06, 3.6366548592085968e-06}, 0.9999997645832446, 5.048647794378592e-10},
	{{0.103, 45600, 35.3, 101000}, 51000.0, 0.00278, 100, {0.0008125054184517607, 0.0004062533267176253, 0.0004133203727912349}, 0.9999597609329062, 2.8295667245018477e-31},
	{{3760, 46300, 0.928, 98.5}, 0.0795, 0.0149, 20, {0.0064521387904726705, 0.006448319650785653, 0.006489573009090498}, 0.9999397459373501, 5.772116931462866e-63},
	{{177, 720000, 1.73e-07, 1620}, INFINITY, 4e-05, 2, {6.145833329292381, 3.0729166656545064, 41.05758097582444}, 0, 0},
	{{1.22e-08, 3.26e-07, 0.315, 193000}, INFINITY, 0.00108, 2, {2.9234269248394535, 1.8110838536619966, 4336704812.402355}, 0, 0},
	{{5.83e-05, 264000, 35700, 0.00195}, 13.9, 8.65e-06, 100, {3.0693180005533384e-09, 3.0691334935400213e-09, 3.069133493548848e-09}, 0.9999999969304977, 0.0},
	{{0.0179, 0.476, 1.45e-08, 0.0065}, INFINITY, 0.416, 20, {0.09039659125356876, 0.045198308020684724, 0.5098811024594732}, 0, 0},
	{{0.337, 0.0337, 32.4, 0.000863}, 2300.0, 0.000341, 0, {0.968442325721101, 0.9622178151254378, 0.9622719211605586}, 0.02349150448236376, 0.023491289196914417},
	{{1.48e-05, 1050, 2.94e-07, 2410}, 553000.0, 0.108, 1, {1.305114638446568e-07, 6.52557319223635e-08, 6.640664369836102e-08}, 0.9999999999991319, 1.4770581620558389e-05},
	{{7.32e-06, 4.2e-06, 0.0124, 59.3}, 0.00825, 7.25e-05, 2, {0.01398471667420907, 0.013984712511071858, 27.065137030237747}, 0.999999408232615, 3.664490459703925e-06},
	{{48, 5480, 3.72e-06, 7.95e-05}, 18400.0, 1.6e-06, 20, {151.7613625504993, 149.56064256408675, 24746.92780412174}, 0.9552791546032633, 1.8703427806722467e-07},
	{{0.0166, 7940, 0.0321, 7.56}, 0.411, 0.000118, 0, {8.592485897339548e-07, 8.59227754320917e-07, 8.592727778499403e-07}, 0.9999999963669519, 0.9999991407530863},
	{{0.00535, 4520, 5.21, 0.139}, 107.0, 0, 100, {0.00012520265893976057, 0.00012520265893976057, 0.00012527899531883583}, 0.9998780567290958, 3.0697822149589747e-178},
	{{9.47, 307000, 0.411, 28600}, 56700.0, 0.096, 2, {0.000321321931041478, 0.0001606609659308364, 0.00016077511469106295}, 0.9999748670483446, 0.2420516291639848},
	{{697, 51.5, 85900, 35600}, 125000.0, 0, 20, {1.414440214670718, 1.414440214670718, 2.586855675852062}, 0.0, 5.26531278520148e-11},
	{{1.15e-06, 0.000158, 19.1, 0.224}, 5.29, 0, 20, {1.2115066361498775e-05, 1.2115066361498775e-05, 1.2400183119856348e-05}, 0.9999880322564635, 4.449009327492981e-18},
	{{0.00533, 897, 0.000843, 5.79e-06}, 64.8, 0.000317, 1, {0.0003680442222052947, 0.00036434608964558803, 0.00036453295964261026}, 0.999630833525155, 0.00037161509270605166},
	{{76.2, 1.27e-08, 6.32, 11900}, 0.00281, 0, 2, {2237.842105263158, 2237.842105263158, 12331090.181284692}, 1.652496133045108e-20, 0.000530484212859492},
	{{0.00119, 0.0417, 743, 1.06e-08}, INFINITY, 0.0297, 0, {0.007261689361901207, 0.0064509328306167684, 0.006450932830778089}, 0, 0},
	{{0.000214, 4.73e-06, 0.000401, 5.4e-07}, 99.9, 0.000206, 5, {5.981648503578269, 5.920772671391433, 124920741.05389631}, 0.996402062726688, 5.775414794703761e-08},
	{{0.000302, 2.9, 905, 0.00211}, 16200.0, 0, 20, {0.0026023403149066262, 0.0026023403149066262, 0.002602351067475393}, 0.9973976657583482, 1.1296176272384041e-46},
	{{0.00899, 69.2, 0.00771, 52.2}, INFINITY, 0.000163, 20, {0.7926272605853696, 0.3970840266524391, 70.87201701322924}, 0, 0},
	{{4.94e-06, 6.69e-07, 2.47e-08, 0.000361}, 524000.0, 4.17e-05, 2, {177065.84963007283, 88532.92635945867, 6347091542029271.0}, 0.9999999906987934, 2.469512246038147e-06},
	{{0.886, 26500, 1240, 22.2}, 4010.0, 0.0578, 0, {0.0005777438302067477, 0.0002890463596784675, 0.00028905885218880804}, 0.8844446561148844, 0.882632771285351},
	{{0.0137, 103, 3.12e-07, 306}, INFINITY, 0.00014, 2, {0.9500692962357828, 0.47503465960343716, 67.2631874148996}, 0, 0},
	{{0.0478, 338000, 0.0018, 1.97e-05}, 232000.0, 3.29e-05, 1, {0.00395540162411109, 0.00205722875217263, 0.002061607395030048}, 0.9755965393408622, 0.02460875690698095},
	{{1.22, 0.173, 0.0592, 10}, INFINITY, 0.0188, 0, {305.0463079704837, 158.26520149067977, 195332.1109646726}, 0, 0},
	{{0.0161, 0.0159, 116, 4.03e-06}, INFINITY, 0.00859, 20, {0.12521872600034478, 0.11541822051250099, 0.11541822797095573}, 0, 0},
	{{0.0286, 819, 25.1, 9420}, 228.0, 0.548, 2, {6.372339824998004e-05, 3.186179614977005e-05, 3.200744939022626e-05}, 0.9999788499016282, 0.0006911249892816947},
	{{0.00567, 0.00228, 2.58e-06, 0.00111}, 0.791, 0.217, 1, {1.8033878362368159, 1.6611735609530782, 579.7933715679223}, 0.9999240706983299, 0.0055321860659371235},
	{{0.154, 0.0357, 4840, 3180}, 103.0, 0.0617, 100, {0.8820720730697171, 0.7979824511876817, 1.7363946445323841}, 0.3168658215698557, 9.082327675583166e-41},
	{{382, 4.38e-08, 56600, 29800}, 683.0, 0.617, 0, {1.5265110689348744, 1.5265110687695882, 3.133989419397099}, 0.0, 0.0},
};

static void
test_known(void)
{
	closeness	mean = {0};
	closeness	squares = {0};
	closeness	second = {0};
	closeness	survival = {0};
	closeness	pmf = {0};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
	{
		const known_population *k = &known[i];
		lifetime_future future;

		bg_population_future(k->updated, k->horizon, k->discount, false, &future);
		close_to(&mean, future.mean, k->future.mean);
		bg_population_future(k->updated, k->horizon, k->discount, true, &future);
		close_to(&mean, future.mean, k->future.mean);
		close_to(&squares, future.squares, k->future.squares);
		close_to(&second, future.second, k->future.second);
		if (isinf(k->horizon))
			continue;
		close_to(&survival, bg_population_survival(k->updated, k->horizon), k->survival);
		close_to(&pmf, bg_population_pmf(k->updated, k->horizon, k->n), k->pmf);
	}
	close_ok(&mean, 1e-11, "expected purchases, discounted or not");
	close_ok(&squares, 1e-11, "discounted twice");
	close_ok(&second, 1e-11, "their second moment");
	close_ok(&survival, 1e-11, "the share still there");
	close_ok(&pmf, 1e-11, "the chance of n purchases");
}

/* Discounts below zero: the later the more. */
static void
test_appreciated(void)
{
	static const struct
	{
		double		updated[4];
		double		horizon;
		double		discount;
		lifetime_future future;
	}			appreciated[] = {
		{{0.5, 5, 0.8, 2.5}, 52, -0.1, {61.75349230095523, 5204.919444465562, 23550.606109125943}},
		{{1000, 0.01, 49818.5, 2801.5}, 30, -1, {1.056246426321076, 1.0562575941843093, 1.1750590731625747}},
		{{12.9, 5e-6, 1, 0.3}, 100, -0.02, {7.954681753743911, 12.149729687378297, 1082322359.4641469}},
		{{0.0966, 0.005, 1, 37}, 600, -0.05, {6976809435994.96, 3.6673588395964656e+25, 5.530704540868742e+28}},
		{{115882, 1839.1, 179102, 400}, 20, -0.5, {1.0102680575993694, 1.0184326052436852, 1.0230181877852265}},
		{{2.58e-6, 0.957, 0.005, 0.3}, 200, -0.25, {5.366817027707251e+16, 1.3911948450017478e+38, 1.2961075291039415e+39}},
		{{3.2, 40, 1e-4, 12}, 1000, -0.3, {5.178658391322447e+129, 5.029580632557404e+259, 8.550210149499062e+259}},
		{{2000, 10, 0.5, 3000}, 50, -1e-6, {6489.704306491107, 6489.847568360297, 57327249.01096799}}
	};
	const double some[4] = {0.5, 5, 0.8, 2.5};
	lifetime_future future;
	closeness	mean = {0};
	closeness	squares = {0};
	closeness	second = {0};

	for (size_t i = 0; i < sizeof(appreciated) / sizeof(appreciated[0]); i++)
	{
		bg_population_future(appreciated[i].updated, appreciated[i].horizon, appreciated[i].discount, false, &future);
		close_to(&mean, future.mean, appreciated[i].future.mean);
		bg_population_future(appreciated[i].updated, appreciated[i].horizon, appreciated[i].discount, true, &future);
		close_to(&mean, future.mean, appreciated[i].future.mean);
		close_to(&squares, future.squares, appreciated[i].future.squares);
		close_to(&second, future.second, appreciated[i].future.second);
	}
	close_ok(&mean, 1e-12, "a discount below zero makes later purchases worth more, however soon all leave");
	close_ok(&squares, 1e-12, "squared too");
	close_ok(&second, 1e-12, "and in the second moment");
	bg_population_future(some, 1e6, -0.1, false, &future);
	ok(isinf(future.mean), "up to where a double ends");
	bg_population_future(some, INFINITY, -1e-9, false, &future);
	ok(isinf(future.mean), "and for ever without limit");
}

/* ---------- what must hold whatever the numbers ---------- */

static void
test_consistent(void)
{
	closeness	total = {0};
	closeness	mean = {0};
	closeness	second = {0};
	closeness	vanishing = {0};

	for (int round = 0; round < 40; round++)
	{
		double		horizon = exp2((double) tap_between(-300, 300) / 100);
		double		u[4];
		double		sums[3] = {0};
		lifetime_future future;
		lifetime_future discounted;

		for (int i = 0; i < 4; i++)
			u[i] = exp2((double) tap_between(-200, 300) / 100);
		for (double n = 0; n < 3000; n++)
		{
			double		p = bg_population_pmf(u, horizon, n);

			sums[0] += p;
			sums[1] += n * p;
			sums[2] += n * n * p;
		}
		bg_population_future(u, horizon, 0, true, &future);
		close_to(&total, sums[0], 1);
		close_to(&mean, future.mean, sums[1]);
		close_to(&second, future.second, sums[2]);
		/* an integral over time, where without a discount it is a sum */
		bg_population_future(u, horizon, 1e-15 / horizon, true, &discounted);
		close_to(&vanishing, discounted.mean, future.mean);
		close_to(&vanishing, discounted.second, future.second);
	}
	close_ok(&total, 1e-12, "the probabilities add up to 1");
	close_ok(&mean, 1e-12, "their mean is the expectation");
	close_ok(&second, 1e-12, "and so is their second moment");
	close_ok(&vanishing, 1e-13, "a vanishing discount takes nothing away");
}

static double
mean_at(const double *updated, double horizon)
{
	lifetime_future future;

	bg_population_future(updated, horizon, 0, false, &future);
	return future.mean;
}

static double
discounted_mean_at(const double *updated, double horizon)
{
	lifetime_future future;

	bg_population_future(updated, horizon, 0.003, false, &future);
	return future.mean;
}

/*
 * Long sums give way to integrals somewhere on the way from short to long
 * horizons.  A step there would show in the third differences, which over
 * points so close are otherwise nothing.
 */
static double
largest_step(double (*value) (const double *, double), const double *updated)
{
	const double ratio = 1.0005;
	double		last[4] = {0};
	double		worst = 0;
	int			seen = 0;

	for (double horizon = 100; horizon < 1000; horizon *= ratio)
	{
		for (int i = 0; i < 3; i++)
			last[i] = last[i + 1];
		last[3] = log(value(updated, horizon));
		if (++seen >= 4)
			worst = fmax(worst, fabs(last[3] - 3 * last[2] + 3 * last[1] - last[0]));
	}
	return worst;
}

static void
test_no_step(void)
{
	const double few[4] = {0.25, 4.75, 0.75, 2.25};
	const double many[4] = {1000.25, 500, 0.75, 1002.25};
	const double tiny[4] = {0.5, 2, 1e-7, 1e-7};

	ok(largest_step(mean_at, few) < 1e-10, "expectations join where the method changes");
	ok(largest_step(mean_at, many) < 1e-10, "for daily buyers");
	ok(largest_step(mean_at, tiny) < 1e-10, "and where all or nobody leaves");
	ok(largest_step(discounted_mean_at, few) < 1e-10, "discounted ones too");
	ok(largest_step(bg_population_survival, few) < 1e-10, "shares still there join");
	ok(largest_step(bg_population_survival, many) < 1e-10, "for daily buyers");
}

static void
test_edges(void)
{
	const double published[4] = {0.243, 4.414, 0.793, 2.426};
	const double leaving[4] = {2, 30, 3, 4};
	const double poisson[4] = {1e9, 1e9, 1e-8, 1e6};
	lifetime_future future;

	bg_population_future(leaving, 0, 0.1, true, &future);
	ok(future.mean == 0 && future.squares == 0 && future.second == 0, "no time, no purchases");
	ok(bg_population_pmf(leaving, 0, 0) == 1 && bg_population_pmf(leaving, 0, 2) == 0, "for certain");
	ok(bg_population_survival(leaving, 0) == 1, "and nobody leaves");
	ok(bg_population_survival(leaving, INFINITY) == 0, "nobody is there for ever");

	bg_population_future(leaving, INFINITY, 0, true, &future);
	ok(future.mean == 3 && future.second == 3 * 9, "a = 3: for ever is E[1/p] and E[(2-p)/p^2]");
	bg_population_future(published, INFINITY, 0, true, &future);
	ok(isinf(future.mean) && isinf(future.second), "a < 1: for ever is without limit");

	bg_population_future(poisson, 10, 0, true, &future);
	near(future.mean, 10, 1e-8, "one rate and nobody leaving: a Poisson process");
	near(future.second, 110, 1e-8, "with its variance");
	bg_population_future(poisson, INFINITY, 0.5, true, &future);
	near(future.mean, 2, 1e-8, "discounted, rate over discount");
	near(future.second, 1 + 4, 1e-8, "with the variance of that");
}

/* ---------- values kept outside ---------- */

static lifetime_history
reference_history(const reference *table)
{
	lifetime_history history = {reference_value(table, "x"), reference_value(table, "t_x"), reference_value(table, "T")};
	lifetime_history newcomer = {0, 0, 0};

	return isnan(history.x) ? newcomer : history;
}

static void
test_reference(void)
{
	closeness	residual = {0};
	closeness	chance = {0};
	reference	table;

	if (reference_open(&table, "reference/oracle_dert.csv"))
	{
		while (reference_next(&table))
		{
			const lifetime_model *model = strcmp(table.label, "bgnbd") == 0 ? &bg_nbd : &mbg_nbd;
			lifetime_history history = reference_history(&table);
			double		expected = reference_value(&table, "dert");
			double		p[4] = {reference_value(&table, "p1"), reference_value(&table, "p2"),
			reference_value(&table, "p3"), reference_value(&table, "p4")};
			lifetime_future future;

			if (strstr(table.label, "bgnbd") == NULL)
				continue;
			lifetime_forecast(model, p, &history, reference_value(&table, "horizon"),
							  reference_value(&table, "delta"), false, &future);
			close_to(&residual, future.mean, fabs(expected) < 1e-307 ? 0 : expected);
		}
		close_ok(&residual, 1e-12, "reference: discounted purchases of a customer");
	}

	if (reference_open(&table, "reference/oracle_pmf_bg.csv"))
	{
		while (reference_next(&table))
		{
			const lifetime_model *model = strncmp(table.label, "bgnbd", 5) == 0 ? &bg_nbd : &mbg_nbd;
			lifetime_history history = reference_history(&table);
			double		p[4] = {reference_value(&table, "p1"), reference_value(&table, "p2"),
			reference_value(&table, "p3"), reference_value(&table, "p4")};

			close_to(&chance, lifetime_pmf(model, p, &history, reference_value(&table, "t"),
										   reference_value(&table, "n")), reference_value(&table, "prob"));
		}
		close_ok(&chance, 1e-12, "reference: the chance of n purchases");
	}
}

int
main(void)
{
	tap_seed();
	test_known();
	test_appreciated();
	test_consistent();
	test_no_step();
	test_edges();
	test_reference();
	return done();
}

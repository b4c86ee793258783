import unittest

from ranking import data, model, ndcg


class Ranking(unittest.TestCase):
    def test_the_data_set_is_the_same_every_time(self):
        self.assertEqual(data.make(), data.make())

    def test_no_query_is_both_learned_from_and_judged_by(self):
        train, held_out = data.split(data.make())
        self.assertEqual((len(train), len(held_out)), (40, 20))
        self.assertFalse({query["query"] for query in train} & {query["query"] for query in held_out})

    def test_the_best_order_has_an_ndcg_of_one(self):
        self.assertEqual(ndcg.ndcg([3, 2, 1, 0]), 1.0)
        self.assertLess(ndcg.ndcg([0, 1, 2, 3]), 0.7)

    def test_results_with_higher_scores_come_first(self):
        trained = {"weights": [1.0, 0.0, 0.0]}
        results = [{"match": match, "clicks": 1, "ageDays": 0} for match in (0.1, 0.9, 0.5)]
        self.assertEqual([r["match"] for r in model.rank(trained, results)], [0.9, 0.5, 0.1])


if __name__ == "__main__":
    unittest.main()

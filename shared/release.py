"""The one EMR release the lake is built for, and the versions that follow from it.

Source: Amazon EMR release guide, page `emr-spark-8.1.0` (Spark 4.1.1-amzn-0, Delta 4.2.0-amzn-0,
Scala 2.13, JDK 17, Python 3.11 by default). A test checks the lock files against these values.
"""

EMR_RELEASE_LABEL = "emr-spark-8.1.0"
SPARK = "4.1.1"
DELTA = "4.2.0"
SCALA = "2.13"
JAVA = "17"
PYTHON = "3.11"
